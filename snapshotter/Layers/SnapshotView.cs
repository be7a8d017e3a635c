using Cairn.Snapshotter.Store;
using Cairn.Snapshotter.Trees;

namespace Cairn.Snapshotter.Layers;

/// <summary>A read-only tree of some layers. Views of equal lists show one mount, which ends with the last of them.</summary>
public sealed class SnapshotView : MountedTree
{
    private readonly SharedViews _views;
    private readonly SharedView _shared;

    internal SnapshotView(StoreRoot store, RootedTree tree, SharedViews views, SharedView shared)
        : base(store, tree, used: null, directory: null)
    {
        _views = views;
        _shared = shared;
    }

    /// <inheritdoc/>
    public override string Attach()
    {
        EnsureNotDisposed();
        return _shared.Attach();
    }

    private protected override void Discard() => _views.Release(_shared);
}
