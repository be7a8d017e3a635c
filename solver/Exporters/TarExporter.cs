using Cairn.Cache.Refs;
using Cairn.Llb;
using Cairn.Snapshotter.Tars;
using Cairn.Snapshotter.Trees;

namespace Cairn.Solver.Exporters;

/// <summary>Writes the file system of a result as one tar archive.</summary>
/// <remarks>Source: control-and-status.md, section 8.</remarks>
internal sealed class TarExporter(TreeExportOptions options) : IExporter
{
    public string Name => "exporting to client tarball";

    public async Task<IReadOnlyDictionary<string, string>> ExportAsync(ExportRequest request, CancellationToken cancellationToken)
    {
        using OpenTrees trees = await OpenTrees.OpenAsync(request, cancellationToken);
        var response = new Dictionary<string, string>(StringComparer.Ordinal);
        using IProgressItem sending = request.Progress.Begin("sending tarball", "", 0);
        var tarOptions = new LayerTarOptions { ClampSeconds = options.Epoch.Or(request.SourceDateEpoch)?.ToUnixTimeSeconds() };
        (string Prefix, RootedTree Tree)[] parts =
            [.. trees.Trees.Select(part => (request.IsMultiPlatform ? TreeExportOptions.DirectoryOf(part.Platform) : "", part.Tree))];
        bool isTaken = await request.Session.Exports.WriteFileAsync(
            request.Index, response, (file, token) => Task.Run(() => TreeTarWriter.Write(parts, file, tarOptions, token), token), cancellationToken);
        return isTaken
            ? response
            : throw new BuildException(ErrorKind.Input, "export", "tar archive", "the client has a file of this name already");
    }
}
