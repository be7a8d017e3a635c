using System.Globalization;
using Cairn.Snapshotter.Native;
using Cairn.Snapshotter.Store;
using Cairn.Snapshotter.Trees;

namespace Cairn.Snapshotter.Layers;

/// <summary>A tree that is there as long as this object: through a detached mount, which ends with the process, or in a directory.</summary>
public abstract class MountedTree : IDisposable
{
    private readonly StoreRoot _store;
    private readonly string? _directory;   // where the tree lies without a mount (native driver), else null
    private string? _attached;
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
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_directory is not null)
        {
            return _directory;
        }
        if (_attached is null)
        {
            string mounts = Path.Combine(_store.Instance.RunDirectory, "mnt");
            Directory.CreateDirectory(mounts);
            string target = Path.Combine(mounts, _store.Instance.NextNumber().ToString(CultureInfo.InvariantCulture));
            Directory.CreateDirectory(target);
            Mounts.Attach(Tree.Root, target);
            _attached = target;
        }
        return _attached;
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
        if (_attached is not null)
        {
            Mounts.Detach(_attached);
            Tree.Dispose();
            // Plain rmdir: should it still be a mount after all, this fails instead of emptying it.
            Files.RemoveDirectory(Files.Anywhere, _attached);
            _attached = null;
        }
        Tree.Dispose();
    }

    /// <summary>Gives up the files below.</summary>
    private protected abstract void Discard();
}
