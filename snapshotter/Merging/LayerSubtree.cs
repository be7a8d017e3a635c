using Cairn.Llb;
using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Native;
using Cairn.Snapshotter.Store;
using Cairn.Snapshotter.Trees;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Snapshotter.Merging;

/// <summary>A directory of a tree as a layer of its own, at another place: the tree is neither mounted nor copied.</summary>
internal static class LayerSubtree
{
    /// <summary>Makes the layer.</summary>
    /// <param name="store">Takes it.</param>
    /// <param name="layers">Layers of the tree.</param>
    /// <param name="source">Directory in the tree; links on the way are not followed.</param>
    /// <param name="destination">Where the layer has it; directories on the way belong to root and have mode 0755.</param>
    /// <param name="strategy">How files get there.</param>
    /// <param name="counts">Counts what was refused.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <exception cref="BuildException">There is no such directory.</exception>
    public static StagedLayer Stage(
        StoreRoot store, UsedLayers layers, string source, string destination, MergeStrategy strategy, FallbackCounts counts,
        CancellationToken cancellationToken)
    {
        StagingDirectory staging = StagedLayer.Create(store, "subtree");
        try
        {
            string target = MakeTarget(StagedLayer.ChangesIn(staging.Path), destination);
            Flattening.Run(Enter(layers, source), target, strategy, counts, cancellationToken);
            var layer = new StagedLayer(store, staging, null);
            foreach (StackedLayer below in StackedLayer.Of(layers).Where(static below => !below.IsTwin))
            {
                layer.ShareFilesOf(below.Layer);
            }
            return layer;
        }
        catch
        {
            staging.Dispose();
            throw;
        }
    }

    private static MergedDirectory<LayerDirectory> Enter(UsedLayers layers, string source)
    {
        if (layers.Layers.Count == 0)
        {
            throw Absent(source);
        }
        // A twin's files belong to the trees that show the twin: here they are copied.
        MergedDirectory<LayerDirectory> directory = MergedDirectory<LayerDirectory>.Open(
            StackedLayer.Of(layers).Reverse().Select(static layer =>
                LayerDirectory.Open(new LayerSource(layer.Directory) { RefusesLinks = layer.IsTwin })),
            isBottom: true);
        foreach (string name in TreePath.Clean(source).Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            using MergedDirectory<LayerDirectory> parent = directory;
            MergedEntry<LayerDirectory> entry = parent.Entries().FirstOrDefault(entry => entry.Name == name) ?? throw Absent(source);
            directory = entry.Kind == FileKind.Directory ? parent.Enter(entry) : throw Absent(source);
        }
        return directory;
    }

    private static string MakeTarget(string changes, string destination)
    {
        using SafeFileHandle root = Files.OpenDirectory(changes);
        string path = "";
        foreach (string name in TreePath.Clean(destination).Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            path += "/" + name;
            Files.MakeDirectory(root, path[1..], 0x1ed);
            RootedTree.Apply(root, path[1..], FileKind.Directory, new FileChange { Owner = FileOwner.Root, Mode = 0x1ed });
        }
        return changes + path;
    }

    private static BuildException Absent(string source) =>
        new(ErrorKind.Input, "take subtree", TreePath.Clean(source), "there is no such directory");
}
