using Cairn.Snapshotter.Native;
using Cairn.Snapshotter.Store;
using Cairn.Snapshotter.Trees;

namespace Cairn.Snapshotter.Layers;

/// <summary>A small tree in memory, for what must not reach a disk; gone with this object or with the process.</summary>
public sealed class MemoryTree : MountedTree
{
    private MemoryTree(StoreRoot store, RootedTree tree)
        : base(store, tree, used: null, directory: null)
    {
    }

    /// <summary>An empty tree that only root can enter.</summary>
    /// <param name="store">Its run directory takes the mount point, if one is asked for.</param>
    public static MemoryTree Create(StoreRoot store)
    {
        ArgumentNullException.ThrowIfNull(store);
        return new MemoryTree(store, new RootedTree(Mounts.Memory("0700")));
    }

    private protected override void Discard()
    {
        // The kernel does, with the mount.
    }
}
