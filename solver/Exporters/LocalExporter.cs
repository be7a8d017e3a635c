using Cairn.Cache.Refs;
using Cairn.Llb;
using Cairn.Snapshotter.Trees;

namespace Cairn.Solver.Exporters;

/// <summary>Copies the file system of a result into a directory of the client; what is there already stays.</summary>
/// <remarks>Source: control-and-status.md, section 8. Owners become whoever runs this, as reference clients do.</remarks>
internal sealed class LocalExporter(TreeExportOptions options) : IExporter
{
    public string Name => "exporting to client directory";

    public async Task<IReadOnlyDictionary<string, string>> ExportAsync(ExportRequest request, CancellationToken cancellationToken)
    {
        string directory = request.Session.Exports.DirectoryOf(request.Index)
            ?? throw new BuildException(ErrorKind.Input, "export", "result", "the exporter fills a directory, and none is given", "Name one with dest=DIRECTORY.");
        using OpenTrees trees = await OpenTrees.OpenAsync(request, cancellationToken);
        bool split = options.PlatformSplit ?? request.IsMultiPlatform;
        if (!split)
        {
            RefuseOverlaps(trees);
        }

        Directory.CreateDirectory(directory);
        DateTimeOffset? epoch = options.Epoch.Or(request.SourceDateEpoch);
        using RootedTree target = RootedTree.Open(directory);
        foreach ((ExportPlatform platform, RootedTree tree) in trees.Trees)
        {
            string prefix = split ? TreeExportOptions.DirectoryOf(platform) : "";
            using IProgressItem copying = request.Progress.Begin(prefix.Length > 0 ? $"copying files {platform.Id}" : "copying files", "transferring", 0);
            var writer = new LocalTreeWriter(target, epoch, copying);
            await Task.Run(() => writer.Write(tree, prefix, cancellationToken), cancellationToken);
        }

        return new Dictionary<string, string>(StringComparer.Ordinal);
    }

    private static void RefuseOverlaps(OpenTrees trees)
    {
        var owners = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach ((ExportPlatform platform, RootedTree tree) in trees.Trees)
        {
            using var walk = new TreeWalk(tree, TreePath.Root);
            while (walk.MoveNext())
            {
                if (!walk.Current.Status.IsDirectory && !owners.TryAdd(walk.Current.Path, platform.Id))
                {
                    throw ExportAttributes.Invalid(
                        $"cannot overwrite {walk.Current.Path} from {owners[walk.Current.Path]} with {platform.Id} when split option is disabled");
                }
            }
        }
    }
}
