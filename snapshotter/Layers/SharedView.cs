using Cairn.Snapshotter.Native;
using Cairn.Snapshotter.Store;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Snapshotter.Layers;

/// <summary>One read-only tree of a list of layers, for all who look at that list in this opening of the store.</summary>
/// <param name="store">Has the layers.</param>
/// <param name="key">The list, as text.</param>
/// <param name="show">Makes the tree.</param>
#pragma warning disable CA1001 // A semaphore whose wait handle is never asked for has nothing to dispose.
internal sealed class SharedView(StoreRoot store, string key, Func<UsedLayers, CancellationToken, ShownTree> show)
#pragma warning restore CA1001
{
    private readonly SemaphoreSlim _turn = new(1);   // guards what follows; whoever comes first makes the tree, the others wait
    private UsedLayers? _used;
    private ShownTree? _tree;
    private MountPoint? _attached;

    /// <summary>The list, as text.</summary>
    public string Key => key;

    /// <summary>How many look at it; guarded by the lock of <see cref="SharedViews"/>.</summary>
    public int Claims { get; set; }

    /// <summary>A descriptor of the root, which is the caller's.</summary>
    /// <param name="used">The layers; owned here if this returns.</param>
    /// <param name="cancellationToken">Stops the making of the tree, and waiting for it.</param>
    public SafeFileHandle OpenRoot(UsedLayers used, CancellationToken cancellationToken)
    {
        _turn.Wait(cancellationToken);
        try
        {
            if (_tree is not null)
            {
                SafeFileHandle root = Open(_tree);
                used.Dispose();
                return root;
            }
            ShownTree tree = show(used, cancellationToken);
            try
            {
                SafeFileHandle root = Open(tree);
                _tree = tree;
                _used = used;
                return root;
            }
            catch
            {
                tree.Dispose();
                throw;
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Its path on the host, one for all. If somebody has unmounted it by hand it is mounted there again.</summary>
    public string Attach()
    {
        _turn.Wait(CancellationToken.None);
        try
        {
            ShownTree tree = _tree!;
            if (tree.Directory is not null)
            {
                return tree.Directory;
            }
            if (_attached is null)
            {
                _attached = MountPoint.Attach(store.Instance, tree.Root);
            }
            else if (!_attached.Shows(tree.Root))
            {
                ShownTree again = show(_used!, CancellationToken.None);   // a mount cannot be attached a second time
                try
                {
                    _attached.Attach(again.Root);
                }
                catch
                {
                    again.Dispose();
                    throw;
                }
                _tree = again;
                tree.Dispose();
            }
            return _attached.Path;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Ends the tree; the last of those who looked at it calls this.</summary>
    public void Close()
    {
        try
        {
            _attached?.Dispose();
            _tree?.Dispose();
        }
        finally
        {
            _used?.Dispose();
        }
    }

    private static SafeFileHandle Open(ShownTree tree) => Files.OpenAt(tree.Root, ".", Libc.O_PATH | Libc.O_DIRECTORY);
}
