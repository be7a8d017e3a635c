using Cairn.Cache.Refs;
using Cairn.Llb;
using Cairn.Solver.Images;
using Cairn.Solver.Sessions;

namespace Cairn.Solver.Exporters;

/// <summary>Writes an image as an archive, or as a directory in the same layout.</summary>
/// <remarks>Source: OCI image-spec, image-layout.md; control-and-status.md, section 7.</remarks>
internal sealed class OciExporter(bool docker, ImageExportOptions options) : IExporter
{
    private const string CreatedKey = "org.opencontainers.image.created";

    public string Name => docker ? "exporting to docker image format" : "exporting to oci image format";

    public async Task<IReadOnlyDictionary<string, string>> ExportAsync(ExportRequest request, CancellationToken cancellationToken)
    {
        if (docker && request.IsMultiPlatform)
        {
            throw ExportAttributes.Invalid("docker exporter does not currently support exporting manifest lists");
        }

        IReadOnlyList<ImageReference> names = [.. ImageResponse.Names(request, options)];
        var assembler = new ImageAssembler(request, options);
        AssembledImage image = await assembler.AssembleAsync(cancellationToken);
        image = image with { Top = image.Top.WithAnnotation(CreatedKey, GoTime.FormatSeconds(assembler.Epoch ?? request.Services.Clock.GetUtcNow())) };
        SortedDictionary<string, string> response = ImageResponse.Of(image, [.. names.Select(name => name.ToString())]);

        if (options.Tar)
        {
            using IProgressItem sending = request.Progress.Begin("sending tarball", "", 0);
            await request.Session.Exports.WriteFileAsync(
                request.Index, response, (file, token) => WriteArchiveAsync(request, image, names, file, sending, token), cancellationToken);
        }
        else if (request.Session.Exports.DirectoryOf(request.Index) is { } directory)
        {
            using IProgressItem sending = request.Progress.Begin("sending layout", "", 0);
            await new OciDirectory(directory).WriteAsync(image, names, ImageBlobs(request), cancellationToken);
        }
        else
        {
            IBlobTarget target = request.Session.Exports.BlobsOf(request.Index)
                ?? throw new BuildException(ErrorKind.Input, "export image", "", "tar=false needs a directory as its destination", "Give dest=DIRECTORY.");
            using IProgressItem sending = request.Progress.Begin("sending layout", "", 0);
            foreach (ImageBlob blob in image.Blobs)
            {
                await target.WriteAsync(blob.Descriptor, token => ImageBlobs(request)(blob, token), cancellationToken);
            }
        }

        return response;
    }

    private async Task WriteArchiveAsync(
        ExportRequest request, AssembledImage image, IReadOnlyList<ImageReference> names, Stream file, IProgressItem sending, CancellationToken cancellationToken)
    {
        var archive = new ArchiveWriter(file);
        await archive.DirectoryAsync("blobs/", cancellationToken);
        long before = 0;
        foreach (IGrouping<string, ImageBlob> algorithm in image.Blobs
            .OrderBy(blob => OciLayout.BlobPath(blob.Descriptor.Digest), StringComparer.Ordinal)
            .GroupBy(blob => blob.Descriptor.Digest.Algorithm, StringComparer.Ordinal))
        {
            await archive.DirectoryAsync($"blobs/{algorithm.Key}/", cancellationToken);
            foreach (ImageBlob blob in algorithm)
            {
                await using Stream bytes = await ImageBlobs(request)(blob, cancellationToken);
                await archive.BlobAsync(OciLayout.BlobPath(blob.Descriptor.Digest), blob.Descriptor, bytes, done => sending.Report(before + done), cancellationToken);
                before += blob.Descriptor.Size;
            }
        }

        await archive.FileAsync("index.json", OciLayout.Index(image.Top, names), writable: true, cancellationToken);
        if (docker)
        {
            await archive.FileAsync("manifest.json", OciLayout.DockerManifest(image, names), writable: true, cancellationToken);
        }

        await archive.FileAsync("oci-layout", OciLayout.Marker, writable: false, cancellationToken);
        await archive.FinishAsync(cancellationToken);
    }

    private static Func<ImageBlob, CancellationToken, Task<Stream>> ImageBlobs(ExportRequest request) => (blob, cancellationToken) =>
        ImageBlobReader.OpenAsync(blob, request, cancellationToken);
}
