using Cairn.Snapshotter.Manifests;
using Cairn.Snapshotter.Merging;
using Cairn.Snapshotter.Native;
using Cairn.Snapshotter.Store;
using Cairn.Snapshotter.Trees;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Snapshotter.Layers;

/// <summary>Shows layers by mounting directories on top of each other, as its strategy lists them, and takes changes in one more.</summary>
internal sealed class OverlaySnapshotter : ISnapshotter
{
    public const string Name = "overlay";

    private readonly StoreRoot _store;
    private readonly LayerTable _layers;
    private readonly FallbackCounts _fallbacks = new();
    private readonly IMergeStrategy _strategy;
    private readonly SharedViews _views;
    private readonly LayerRoot _roots = new();

    public OverlaySnapshotter(StoreRoot store, MergeStrategy strategy)
    {
        _store = store;
        _layers = new LayerTable(store);
        Manifests = new LayerManifests(store);
        var runs = new FlattenedRuns(store, _layers, strategy == MergeStrategy.Join ? MergeStrategy.Hardlink : strategy, _fallbacks);
        _strategy = strategy == MergeStrategy.Join
            ? new JoinStrategy(runs, store.Options.MaxLowers)
            : new FlattenStrategy(strategy, runs);
        _views = new SharedViews(store, Show);
    }

    public string Driver => Name;

    public MergeStrategy Strategy => _strategy.Kind;

    public IReadOnlyDictionary<Fallback, long> Fallbacks => _fallbacks.Now;

    public LayerManifests Manifests { get; }

    public ActiveSnapshot Prepare(IReadOnlyList<LayerId> lowers, CancellationToken cancellationToken)
    {
        UsedLayers used = _layers.Use(LayerList.Normalise(lowers));
        StagingDirectory? staging = null;
        try
        {
            IReadOnlyList<string> directories = _strategy.Merge(used, cancellationToken);
            string? meant = _roots.Of(directories);
            staging = StagedLayer.Create(_store, "active");
            string upper = StagedLayer.ChangesIn(staging.Path);
            string work = Path.Combine(staging.Path, "work");
            Files.MakeDirectory(Files.Anywhere, work, 0x1c0);
            if (directories.Count > 0)
            {
                LayerRoot.Copy(meant ?? directories[^1], upper);
            }
            SafeFileHandle mount = Mounts.Overlay(TopFirst(directories, atLeast: 1), upper, work, OverlayMarks.AreOfUsers);
            var shares = new SharedFiles(used.Layers, _layers.Families);
            var tree = new RootedTree(mount) { Upper = upper, Shares = shares };
            return new ActiveSnapshot(
                _store, tree, used, staging, null, upper, (filled, token) => Freeze(filled, used.Layers, shares, meant is not null, token));
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
        return LayerSubtree.Stage(
            _store, used, source, destination, Strategy == MergeStrategy.Join ? MergeStrategy.Hardlink : Strategy, _fallbacks,
            cancellationToken);
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

    private ShownTree Show(UsedLayers used, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> directories = _strategy.Merge(used, cancellationToken);
        if (directories.Count < 2 || _roots.Of(directories) is not { } meant || LayerRoot.AreEqual(meant, directories[^1]))
        {
            return new ShownTree(Mounts.Overlay(TopFirst(directories, atLeast: 2), null, null, OverlayMarks.AreOfUsers), null, null);
        }
        // The mount shows the root of its topmost directory: an empty one with the root of a layer further down.
        StagingDirectory root = StagedLayer.Create(_store, "root");
        try
        {
            LayerRoot.Copy(meant, StagedLayer.ChangesIn(root.Path));
            List<string> topFirst = [StagedLayer.ChangesIn(root.Path), .. TopFirst(directories, atLeast: 1)];
            return new ShownTree(Mounts.Overlay(topFirst, null, null, OverlayMarks.AreOfUsers), null, root);
        }
        catch
        {
            root.Dispose();
            throw;
        }
    }

    private StagedLayer Freeze(
        StagingDirectory staging, IReadOnlyList<LayerId> lowers, SharedFiles shares, bool isRootMeant, CancellationToken cancellationToken)
    {
        Files.RemoveTree(Path.Combine(staging.Path, "work"), CancellationToken.None);
        using SafeFileHandle upper = Files.OpenDirectory(StagedLayer.ChangesIn(staging.Path));
        using SnapshotView? below = lowers.Count == 0 ? null : View(lowers, cancellationToken);
        LayerSurvey survey = LayerCanonicalizer.Run(upper, below?.Tree.Root, shares, cancellationToken);
        if (isRootMeant)
        {
            LayerRoot.MarkUsual(upper);   // somebody made it what it usually is
        }
        var layer = new StagedLayer(_store, staging, survey);
        foreach (LayerId source in shares.Sources)
        {
            layer.ShareFilesOf(source);
        }
        return layer;
    }

    // A read-only overlay needs two layers; empty ones below change nothing.
    private List<string> TopFirst(IReadOnlyList<string> directories, int atLeast)
    {
        var result = new List<string>(Math.Max(directories.Count, atLeast));
        for (int i = directories.Count - 1; i >= 0; i--)
        {
            result.Add(directories[i]);
            if (i > 0 && TreeAttributes.IsOpaque(directories[i]))
            {
                break;   // overlayfs does not look for the mark on the root of a layer
            }
        }
        for (int i = 0; result.Count < atLeast; i++)
        {
            result.Add(Path.Combine(_store.Root, "empty", i == 0 ? "0" : "1"));
        }
        return result;
    }
}
