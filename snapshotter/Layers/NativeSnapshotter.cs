using Cairn.Snapshotter.Manifests;
using Cairn.Snapshotter.Merging;
using Cairn.Snapshotter.Store;
using Cairn.Snapshotter.Trees;

namespace Cairn.Snapshotter.Layers;

/// <summary>
/// Works without overlayfs: layers are flattened into a directory, by links where it is only looked at, by files of its own where it is
/// written to; what was written is found by comparing. Layers are the same as the overlay driver's.
/// </summary>
internal sealed class NativeSnapshotter : ISnapshotter
{
    public const string Name = "native";

    private readonly StoreRoot _store;
    private readonly LayerTable _layers;
    private readonly FallbackCounts _fallbacks = new();
    private readonly FlattenedRuns _runs;
    private readonly SharedViews _views;
    private readonly LayerRoot _roots = new();

    /// <param name="store">Has the layers.</param>
    /// <param name="strategy">How files get into a tree that is only looked at; joining is linking here.</param>
    public NativeSnapshotter(StoreRoot store, MergeStrategy strategy)
    {
        _store = store;
        Strategy = strategy == MergeStrategy.Join ? MergeStrategy.Hardlink : strategy;
        _layers = new LayerTable(store);
        Manifests = new LayerManifests(store);
        _runs = new FlattenedRuns(store, _layers, Strategy, _fallbacks);
        _views = new SharedViews(store, Show);
    }

    public string Driver => Name;

    public MergeStrategy Strategy { get; }

    public IReadOnlyDictionary<Fallback, long> Fallbacks => _fallbacks.Now;

    public LayerManifests Manifests { get; }

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
                _store, tree, used, staging, directory, null, (filled, token) => Freeze(filled, used.Layers, token));
        }
        catch
        {
            staging?.Dispose();
            used.Dispose();
            throw;
        }
    }

    public SnapshotView View(IReadOnlyList<LayerId> layers, CancellationToken cancellationToken) =>
        _views.Open(_layers.Use(LayerList.Normalise(layers)), cancellationToken);

    public StagedLayer Stage() => new(_store, StagedLayer.Create(_store, "layer"), null);

    public StagedLayer StageSubtree(
        IReadOnlyList<LayerId> layers, string source, string destination, CancellationToken cancellationToken)
    {
        using UsedLayers used = _layers.Use(LayerList.Normalise(layers));
        return LayerSubtree.Stage(_store, used, source, destination, Strategy, _fallbacks, cancellationToken);
    }

    public StagedLayer Diff(IReadOnlyList<LayerId> lower, IReadOnlyList<LayerId> upper, CancellationToken cancellationToken)
    {
        using UsedLayers before = _layers.Use(LayerList.Normalise(lower));
        using UsedLayers after = _layers.Use(LayerList.Normalise(upper));
        ManifestLayer[] old = ManifestLayer.Of(Manifests, before);
        ManifestLayer[] now = ManifestLayer.Of(Manifests, after);
        return TreeDifference.Compute(_store, old, now, _roots.Of(before, old), _roots.Of(after, now), cancellationToken);
    }

    public LayerUsage Usage(LayerId layer) => _layers.Usage(layer);

    public bool Exists(LayerId layer) => _layers.Exists(layer);

    public string ChangesDirectory(LayerId layer) => _layers.ChangesDirectory(layer);

    public string? TryChangesDirectory(LayerId layer) => _layers.TryChangesDirectory(layer);

    public UsedLayers Use(IReadOnlyList<LayerId> layers) => _layers.Use(LayerList.Normalise(layers));

    public bool Remove(WriteTransaction transaction, LayerId layer, bool force) => _layers.Remove(transaction, layer, force);

    // What several layers are merged to is kept for whoever lists the same; one layer is flattened for those who look at it now.
    private ShownTree Show(UsedLayers used, CancellationToken cancellationToken)
    {
        if (used.Layers.Count > 1 && _runs.TryWhole(used, cancellationToken) is { } whole)
        {
            return ShownTree.Of(whole, scratch: null);
        }
        StagingDirectory scratch = Flatten(used, "view", Strategy, cancellationToken);
        try
        {
            return ShownTree.Of(StagedLayer.ChangesIn(scratch.Path), scratch);
        }
        catch
        {
            scratch.Dispose();
            throw;
        }
    }

    private StagedLayer Freeze(StagingDirectory staging, IReadOnlyList<LayerId> lowers, CancellationToken cancellationToken)
    {
        if (lowers.Count == 0)
        {
            return new StagedLayer(_store, staging, null);
        }
        using UsedLayers below = _layers.Use(lowers);
        string changes = StagedLayer.ChangesIn(staging.Path);
        var written = new ManifestLayer(changes, ChangeManifest.Scan(changes, cancellationToken), null);
        string? root = _roots.Of(below.Directories);
        StagedLayer layer = TreeDifference.Compute(_store, ManifestLayer.Of(Manifests, below), [written], null, changes, cancellationToken);
        try
        {
            if (root is not null)
            {
                LayerRoot.MarkUsual(layer.Tree.Root);   // somebody made it what it usually is
            }
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
        StagingDirectory staging = StagedLayer.Create(_store, purpose);
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
