using Cairn.Cache.Refs;
using Cairn.Snapshotter.Trees;

namespace Cairn.Solver.Exporters;

/// <summary>Copies the file system of a result into a directory of the client; what is there already stays, unless the client deletes it.</summary>
/// <remarks>Source: control-and-status.md, section 8. Owners become whoever runs this, as reference clients do.</remarks>
internal sealed class LocalExporter(TreeExportOptions options) : IExporter
{
    public string Name => "exporting to client directory";

    public async Task<IReadOnlyDictionary<string, string>> ExportAsync(ExportRequest request, CancellationToken cancellationToken)
    {
        string? directory = request.Session.Exports.DirectoryOf(request.Index);
        if (directory is not null && options.Deletes)
        {
            throw ExportAttributes.Invalid("mode=delete is for remote clients, which delete themselves");
        }

        using OpenTrees trees = await OpenTrees.OpenAsync(request, cancellationToken);
        bool split = options.PlatformSplit ?? request.IsMultiPlatform;
        if (!split)
        {
            RefuseOverlaps(trees);
        }

        (ExportPlatform Platform, string Directory, RootedTree Tree)[] parts =
            [.. trees.Trees.Select(part => (part.Platform, split ? TreeExportOptions.DirectoryOf(part.Platform) : "", part.Tree))];
        DateTimeOffset? epoch = options.Epoch.Or(request.SourceDateEpoch);
        await (directory is null ? SendAsync(request, parts, epoch, cancellationToken) : WriteAsync(request, directory, parts, epoch, cancellationToken));
        return new Dictionary<string, string>(StringComparer.Ordinal);
    }

    private static async Task WriteAsync(
        ExportRequest request,
        string directory,
        IReadOnlyList<(ExportPlatform Platform, string Directory, RootedTree Tree)> parts,
        DateTimeOffset? epoch,
        CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(directory);
        using RootedTree target = RootedTree.Open(directory);
        foreach ((ExportPlatform platform, string prefix, RootedTree tree) in parts)
        {
            using IProgressItem copying = Begin(request, prefix.Length > 0 ? platform : null);
            var writer = new LocalTreeWriter(target, epoch, copying);
            await Task.Run(() => writer.Write(tree, prefix, cancellationToken), cancellationToken);
        }
    }

    // One tree for each platform at the same time; a client that deletes must see all of them in one.
    private async Task SendAsync(
        ExportRequest request,
        IReadOnlyList<(ExportPlatform Platform, string Directory, RootedTree Tree)> parts,
        DateTimeOffset? epoch,
        CancellationToken cancellationToken)
    {
        long? nanoseconds = epoch is { } time ? time.ToUnixTimeSeconds() * 1_000_000_000 : null;
        if (options.Deletes)
        {
            using IProgressItem copying = Begin(request, null);
            var tree = new ExportTree([.. parts.Select(part => (part.Directory, part.Tree))], nanoseconds, copying);
            await request.Session.Exports.SendTreeAsync(request.Index, isComplete: true, tree, cancellationToken);
            return;
        }

        await Task.WhenAll(parts.Select(async part =>
        {
            using IProgressItem copying = Begin(request, part.Directory.Length > 0 ? part.Platform : null);
            var tree = new ExportTree([(part.Directory, part.Tree)], nanoseconds, copying);
            await request.Session.Exports.SendTreeAsync(request.Index, isComplete: false, tree, cancellationToken);
        }));
    }

    private static IProgressItem Begin(ExportRequest request, ExportPlatform? platform) =>
        request.Progress.Begin(platform is null ? "copying files" : $"copying files {platform.Id}", "transferring", 0);

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
