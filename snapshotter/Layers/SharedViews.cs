using Cairn.Snapshotter.Store;
using Cairn.Snapshotter.Trees;

namespace Cairn.Snapshotter.Layers;

/// <summary>
/// Views that are open now. Equal lists share one tree, which is made by the first and ends with the last who looks at it.
/// </summary>
/// <param name="store">Has the layers.</param>
/// <param name="show">Makes the read-only tree of a list. What it returns may use the layers as long as they are kept.</param>
internal sealed class SharedViews(StoreRoot store, Func<UsedLayers, CancellationToken, ShownTree> show)
{
    private readonly Lock _lock = new();   // guards the table and the claims
    private readonly Dictionary<string, SharedView> _views = new(StringComparer.Ordinal);

    /// <summary>A view of a list; the layers are its from here on, also if this throws.</summary>
    public SnapshotView Open(UsedLayers used, CancellationToken cancellationToken)
    {
        (LayerId, string)? single = used.Layers.Count == 1 ? (used.Layers[0], used.Directories[0]) : null;
        string key = string.Join(',', used.Layers);
        SharedView? shared;
        lock (_lock)
        {
            if (!_views.TryGetValue(key, out shared))
            {
                _views.Add(key, shared = new SharedView(store, key, show));
            }
            shared.Claims++;
        }
        try
        {
            var tree = new RootedTree(shared.OpenRoot(used, cancellationToken)) { Layer = single };
            return new SnapshotView(store, tree, this, shared);
        }
        catch
        {
            used.Dispose();
            Release(shared);
            throw;
        }
    }

    /// <summary>One looks no more.</summary>
    public void Release(SharedView shared)
    {
        lock (_lock)
        {
            if (--shared.Claims > 0)
            {
                return;
            }
            _views.Remove(shared.Key);
        }
        shared.Close();
    }
}
