using Cairn.Snapshotter.Manifests;
using Cairn.Snapshotter.Store;
using Cairn.Snapshotter.Trees;

namespace Cairn.Snapshotter.Layers;

/// <summary>
/// Works without overlayfs: layers are flattened into a directory by hardlinks to look at, by copies to write to; what was written is found
/// by comparing. Layers are the same as the overlay driver's.
/// </summary>
internal sealed class NativeSnapshotter(StoreRoot store) : ISnapshotter
{
    public const string Name = "native";

    private readonly LayerTable _layers = new(store);

    public string Driver => Name;

    public LayerManifests Manifests { get; } = new(store);

    public ActiveSnapshot Prepare(IReadOnlyList<LayerId> lowers)
    {
        lowers = LayerList.Normalise(lowers);
        UsedLayers used = _layers.Use(lowers);
        StagingDirectory? staging = null;
        try
        {
            staging = Flatten(used, "active", link: false);
            string directory = StagedLayer.ChangesIn(staging.Path);
            var tree = RootedTree.Open(directory);
            return new ActiveSnapshot(store, tree, used, staging, directory, null, (filled, token) => Freeze(filled, lowers, token));
        }
        catch
        {
            staging?.Dispose();
            used.Dispose();
            throw;
        }
    }

    public SnapshotView View(IReadOnlyList<LayerId> layers)
    {
        UsedLayers used = _layers.Use(LayerList.Normalise(layers));
        StagingDirectory? scratch = null;
        try
        {
            scratch = Flatten(used, "view", link: true);
            string directory = StagedLayer.ChangesIn(scratch.Path);
            return new SnapshotView(store, RootedTree.Open(directory), used, scratch, directory);
        }
        catch
        {
            scratch?.Dispose();
            used.Dispose();
            throw;
        }
    }

    public StagedLayer Stage() => new(store, StagedLayer.Create(store, "layer"), null);

    public StagedLayer Diff(IReadOnlyList<LayerId> lower, IReadOnlyList<LayerId> upper, CancellationToken cancellationToken)
    {
        using SnapshotView before = View(lower);
        using SnapshotView after = View(upper);
        return TreeDifference.Compute(store, before.Tree, after.Tree, after.Used!.Directories, cancellationToken);
    }

    public LayerUsage Usage(LayerId layer) => _layers.Usage(layer);

    public bool Exists(LayerId layer) => _layers.Exists(layer);

    public string ChangesDirectory(LayerId layer) => _layers.ChangesDirectory(layer);

    public UsedLayers Use(IReadOnlyList<LayerId> layers) => _layers.Use(LayerList.Normalise(layers));

    public void Remove(WriteTransaction transaction, LayerId layer, bool force) => _layers.Remove(transaction, layer, force);

    private StagedLayer Freeze(StagingDirectory staging, IReadOnlyList<LayerId> lowers, CancellationToken cancellationToken)
    {
        if (lowers.Count == 0)
        {
            return new StagedLayer(store, staging, null);
        }
        using SnapshotView below = View(lowers);
        using RootedTree written = RootedTree.Open(StagedLayer.ChangesIn(staging.Path));
        StagedLayer layer = TreeDifference.Compute(
            store, below.Tree, written, [StagedLayer.ChangesIn(staging.Path)], cancellationToken);
        try
        {
            _ = layer.Usage;
            staging.Dispose();   // its files have names in the layer now
            return layer;
        }
        catch
        {
            layer.Dispose();
            throw;
        }
    }

    private StagingDirectory Flatten(UsedLayers layers, string purpose, bool link)
    {
        StagingDirectory staging = StagedLayer.Create(store, purpose);
        try
        {
            Flattening.Run([.. layers.Directories.Reverse()], StagedLayer.ChangesIn(staging.Path), link, CancellationToken.None);
            return staging;
        }
        catch
        {
            staging.Dispose();
            throw;
        }
    }
}
