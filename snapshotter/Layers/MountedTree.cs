using Cairn.Snapshotter.Store;
using Cairn.Snapshotter.Trees;

namespace Cairn.Snapshotter.Layers;

/// <summary>A tree that is there as long as this object: through a detached mount, which ends with the process, or in a directory.</summary>
public abstract class MountedTree : IDisposable
{
    private readonly StoreRoot _store;
    private readonly string? _directory;   // where the tree lies without a mount (native driver), else null
    private MountPoint? _attached;
    private bool _disposed;

    private protected MountedTree(StoreRoot store, RootedTree tree, UsedLayers? used, string? directory)
    {
        _store = store;
        Tree = tree;
        Used = used;
        _directory = directory;
    }

    /// <summary>The tree; it ends with this object.</summary>
    public RootedTree Tree { get; }

    /// <summary>The layers below it, null if there never are any.</summary>
    private UsedLayers? Used { get; }

    /// <summary>It has a path of the host.</summary>
    private protected bool IsAttached => _attached is not null;

    /// <summary>
    /// A path of the host where this tree is from now on: below the run directory of this instance if the tree is a mount, else its
    /// directory in the store. The path ends with this object.
    /// </summary>
    public virtual string Attach()
    {
        EnsureNotDisposed();
        return _directory ?? (_attached ??= MountPoint.Attach(_store.Instance, Tree.Root)).Path;
    }

    /// <summary>Ends the tree; what was written to it and not frozen is gone.</summary>
    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            try
            {
                Close();
                Discard();
            }
            finally
            {
                Used?.Dispose();
            }
            GC.SuppressFinalize(this);
        }
    }

    /// <summary>Unmounts; the files below stay.</summary>
    private protected void Close()
    {
        _attached?.Dispose();
        _attached = null;
        Tree.Dispose();
    }

    /// <summary>Refuses to go on with a tree that has ended.</summary>
    private protected void EnsureNotDisposed() => ObjectDisposedException.ThrowIf(_disposed, this);

    /// <summary>Gives up the files below.</summary>
    private protected abstract void Discard();
}
