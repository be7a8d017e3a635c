using System.Text;
using Cairn.Cache.Refs;
using Cairn.Llb;
using Cairn.Solver.Registry;

namespace Cairn.Solver.Exporters;

/// <summary>Brings an image into a registry: first all layers and configs, in parallel, then the documents that name them.</summary>
internal sealed class ImagePush(RegistryClient registry, ExportRequest request, ImageExportOptions options)
{
    private const string ImageSource = "docker-image://";

    /// <exception cref="BuildException">The registry could not be reached or refused.</exception>
    public async Task PushAsync(AssembledImage image, ImageReference name, CancellationToken cancellationToken)
    {
        var access = new RegistryAccess(request.Session.Credentials)
        {
            Insecure = options.Insecure,
            Notice = line => request.Progress.Log(2, Encoding.UTF8.GetBytes(line + "\n")),
        };
        RegistryRepository repository = registry.Repository(name.Registry, name.Repository, access);
        try
        {
            using (request.Progress.Step("pushing layers"))
            {
                await Task.WhenAll(image.Blobs
                    .Where(blob => !blob.IsManifest && !MediaTypes.IsForeignLayer(blob.Descriptor.MediaType))
                    .Select(blob => PushBlobAsync(repository, blob, cancellationToken)));
            }

            string target = options.PushByDigest ? image.Top.Digest.ToString() : name.Tag ?? ImageReference.DefaultTag;
            using (request.Progress.Step($"pushing manifest for {name.Name}{(options.PushByDigest ? "" : ":" + target)}@{image.Top.Digest}"))
            {
                foreach (ImageBlob document in image.Blobs.Where(blob => blob.IsManifest))
                {
                    bool top = document.Descriptor.Digest == image.Top.Digest;
                    await repository.PushManifestAsync(
                        top ? target : document.Descriptor.Digest.ToString(), document.Descriptor, document.Bytes!.Value, cancellationToken);
                }
            }
        }
        catch (BuildException e)
        {
            throw new BuildException(e.Kind, "push", name.ToString(), e.Message, e.Remedy, e);
        }
    }

    private async Task PushBlobAsync(RegistryRepository repository, ImageBlob blob, CancellationToken cancellationToken)
    {
        using IProgressItem item = request.Progress.Begin("pushing " + blob.Descriptor.Digest, "", blob.Descriptor.Size);
        await repository.PushBlobAsync(
            blob.Descriptor,
            [.. Origins(repository, blob.Layer)],
            async (offset, token) =>
            {
                Stream stream = await ImageBlobReader.OpenAsync(blob, request, token);
                stream.Seek(offset, SeekOrigin.Begin);
                return stream;
            },
            item.Report,
            cancellationToken);
    }

    /// <summary>Repositories of the same registry that the layer was pulled from.</summary>
    public static IEnumerable<string> Origins(RegistryRepository repository, LayerBlob? layer)
    {
        string prefix = ImageSource + repository.Host + "/";
        return (layer?.Sources ?? [])
            .Select(source => source.Value)
            .Where(source => source.StartsWith(prefix, StringComparison.Ordinal))
            .Select(source => source[prefix.Length..]);
    }
}
