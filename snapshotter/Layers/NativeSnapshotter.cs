using Cairn.Snapshotter.Manifests;
using Cairn.Snapshotter.Merging;
using Cairn.Snapshotter.Native;
using Cairn.Snapshotter.Store;
using Cairn.Snapshotter.Trees;

namespace Cairn.Snapshotter.Layers;

/// <summary>
/// Works without overlayfs: layers are flattened into a directory, by links where it is only looked at, by files of its own where it is
/// written to; what was written is found by comparing. Layers are the same as the overlay driver's.
/// </summary>
/// <param name="store">Has the layers.</param>
/// <param name="strategy">How files get into a tree that is only looked at; joining is linking here.</param>
internal sealed class NativeSnapshotter(StoreRoot store, MergeStrategy strategy) : ISnapshotter
{
    public const string Name = "native";

    private readonly LayerTable _layers = new(store);
    private readonly FallbackCounts _fallbacks = new();

    public string Driver => Name;

    public MergeStrategy Strategy { get; } = strategy == MergeStrategy.Join ? MergeStrategy.Hardlink : strategy;

    public IReadOnlyDictionary<Fallback, long> Fallbacks => _fallbacks.Now;

    public LayerManifests Manifests { get; } = new(store);

    public ActiveSnapshot Prepare(IReadOnlyList<LayerId> lowers, CancellationToken cancellationToken)
    {
        UsedLayers used = _layers.Use(LayerList.Normalise(lowers));
        StagingDirectory? staging = null;
        try
        {
            // A file that is written to must not be a layer's.
            staging = Flatten(used, "active", Strategy == MergeStrategy.Hardlink ? MergeStrategy.Reflink : Strategy, cancellationToken);
            string directory = StagedLayer.ChangesIn(staging.Path);
            var tree = RootedTree.Open(directory);
            return new ActiveSnapshot(
                store, tree, used, staging, directory, null, (filled, token) => Freeze(filled, used.Layers, token));
        }
        catch
        {
            staging?.Dispose();
            used.Dispose();
            throw;
        }
    }

    public SnapshotView View(IReadOnlyList<LayerId> layers, CancellationToken cancellationToken)
    {
        UsedLayers used = _layers.Use(LayerList.Normalise(layers));
        StagingDirectory? scratch = null;
        try
        {
            scratch = Flatten(used, "view", Strategy, cancellationToken);
            string directory = StagedLayer.ChangesIn(scratch.Path);
            return Mounts.TryReadOnly(directory) is { } mount
                ? new SnapshotView(store, new RootedTree(mount), used, scratch, null)
                : new SnapshotView(store, RootedTree.Open(directory), used, scratch, directory);
        }
        catch
        {
            scratch?.Dispose();
            used.Dispose();
            throw;
        }
    }

    public StagedLayer Stage() => new(store, StagedLayer.Create(store, "layer"), null);

    public StagedLayer StageSubtree(
        IReadOnlyList<LayerId> layers, string source, string destination, CancellationToken cancellationToken)
    {
        using UsedLayers used = _layers.Use(LayerList.Normalise(layers));
        return LayerSubtree.Stage(store, used, source, destination, Strategy, _fallbacks, cancellationToken);
    }

    public StagedLayer Diff(IReadOnlyList<LayerId> lower, IReadOnlyList<LayerId> upper, CancellationToken cancellationToken)
    {
        using UsedLayers before = _layers.Use(LayerList.Normalise(lower));
        using UsedLayers after = _layers.Use(LayerList.Normalise(upper));
        return TreeDifference.Compute(
            store, ManifestLayer.Of(Manifests, before), ManifestLayer.Of(Manifests, after), cancellationToken);
    }

    public LayerUsage Usage(LayerId layer) => _layers.Usage(layer);

    public bool Exists(LayerId layer) => _layers.Exists(layer);

    public string ChangesDirectory(LayerId layer) => _layers.ChangesDirectory(layer);

    public string? TryChangesDirectory(LayerId layer) => _layers.TryChangesDirectory(layer);

    public UsedLayers Use(IReadOnlyList<LayerId> layers) => _layers.Use(LayerList.Normalise(layers));

    public bool Remove(WriteTransaction transaction, LayerId layer, bool force) => _layers.Remove(transaction, layer, force);

    private StagedLayer Freeze(StagingDirectory staging, IReadOnlyList<LayerId> lowers, CancellationToken cancellationToken)
    {
        if (lowers.Count == 0)
        {
            return new StagedLayer(store, staging, null);
        }
        using UsedLayers below = _layers.Use(lowers);
        string changes = StagedLayer.ChangesIn(staging.Path);
        var written = new ManifestLayer(changes, ChangeManifest.Scan(changes, cancellationToken), null);
        StagedLayer layer = TreeDifference.Compute(store, ManifestLayer.Of(Manifests, below), [written], cancellationToken);
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

    private StagingDirectory Flatten(UsedLayers layers, string purpose, MergeStrategy how, CancellationToken cancellationToken)
    {
        StagingDirectory staging = StagedLayer.Create(store, purpose);
        try
        {
            Flattening.Run(
                [.. layers.Directories.Reverse()], StagedLayer.ChangesIn(staging.Path), how, _fallbacks, cancellationToken);
            return staging;
        }
        catch
        {
            staging.Dispose();
            throw;
        }
    }
}
