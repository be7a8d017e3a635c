using Cairn.Snapshotter.Store;
using Cairn.Snapshotter.Trees;

namespace Cairn.Snapshotter.Layers;

/// <summary>A read-only tree of some layers.</summary>
public sealed class SnapshotView : MountedTree
{
    private readonly StagingDirectory? _scratch;

    internal SnapshotView(StoreRoot store, RootedTree tree, UsedLayers used, StagingDirectory? scratch, string? directory)
        : base(store, tree, used, directory)
    {
        _scratch = scratch;
    }

    private protected override void Discard() => _scratch?.Dispose();
}
