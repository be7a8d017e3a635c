using Cairn.Snapshotter.Native;
using Cairn.Snapshotter.Store;
using Cairn.Snapshotter.Tars;
using Cairn.Snapshotter.Trees;

namespace Cairn.Snapshotter.Layers;

/// <summary>
/// A copy of a layer with inodes of its own, beside the layer's own directory: for trees that also have a layer with the same files.
/// Made at the first need and kept as long as the layer.
/// </summary>
internal static class LayerTwin
{
    /// <summary>A change directory is that of a twin.</summary>
    public static bool IsTwin(string directory) => directory.EndsWith("/twin", StringComparison.Ordinal);

    /// <summary>Directory of the copy, or where it would be.</summary>
    public static string DirectoryOf(StoreRoot store, LayerId layer) => Path.Combine(StagedLayer.LayerDirectory(store, layer), "twin");

    /// <summary>Directory of the copy; it is made if it is not there, in this store wherever the layer lies.</summary>
    /// <param name="store">This store.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="changes">Its change directory.</param>
    public static string Ensure(StoreRoot store, LayerId layer, string changes)
    {
        string twin = DirectoryOf(store, layer);
        if (Directory.Exists(twin))
        {
            return twin;
        }
        using StagingDirectory staging = StagedLayer.Create(store, "twin");
        string copy = StagedLayer.ChangesIn(staging.Path);
        using (FileStream tar = new(
            Path.Combine(staging.Path, "tar"), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 16, FileOptions.DeleteOnClose))
        {
            LayerTarWriter.Write(changes, tar, LayerTarOptions.Default, CancellationToken.None);
            tar.Position = 0;
            using RootedTree target = RootedTree.Open(copy);
            LayerTarReader.Apply(tar, target, CancellationToken.None);
        }
        FileStatus root = Files.Status(Files.Anywhere, changes);
        RootedTree.Apply(Files.Anywhere, copy, FileKind.Directory, FileChange.AllOf(root));
        Files.TryRename(copy, twin);   // false: somebody else has made one meanwhile, which serves as well
        return twin;
    }
}
