using Cairn.Snapshotter.Manifests;
using Cairn.Snapshotter.Native;
using Cairn.Snapshotter.Store;
using Cairn.Snapshotter.Trees;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Snapshotter.Layers;

/// <summary>Joins layers by mounting them on top of each other; no file is touched.</summary>
internal sealed class OverlaySnapshotter(StoreRoot store) : ISnapshotter
{
    public const string Name = "overlay";

    private readonly LayerTable _layers = new(store);

    public string Driver => Name;

    public LayerManifests Manifests { get; } = new(store);

    public ActiveSnapshot Prepare(IReadOnlyList<LayerId> lowers)
    {
        lowers = LayerList.Normalise(lowers);
        LayerList.CheckCount(lowers.Count, Math.Min(store.Options.MaxLowers, Mounts.KernelMaxLowers));
        UsedLayers used = _layers.Use(lowers);
        StagingDirectory? staging = null;
        try
        {
            IReadOnlyList<string> directories = used.Directories;
            staging = StagedLayer.Create(store, "active");
            string upper = StagedLayer.ChangesIn(staging.Path);
            string work = Path.Combine(staging.Path, "work");
            Files.MakeDirectory(Files.Anywhere, work, 0x1c0);
            if (directories.Count > 0)
            {
                TakeRootMetadata(directories[^1], upper);
            }
            SafeFileHandle mount = Mounts.Overlay(TopFirst(directories, atLeast: 1), upper, work);
            var shares = new SharedFiles(lowers, _layers.Families);
            var tree = new RootedTree(mount) { Upper = upper, Shares = shares };
            return new ActiveSnapshot(store, tree, used, staging, null, upper, (filled, token) => Freeze(filled, lowers, shares, token));
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
        layers = LayerList.Normalise(layers);
        LayerList.CheckCount(layers.Count, Math.Min(store.Options.MaxLowers, Mounts.KernelMaxLowers));
        UsedLayers used = _layers.Use(layers);
        try
        {
            IReadOnlyList<string> directories = used.Directories;
            SafeFileHandle mount = Mounts.Overlay(TopFirst(directories, atLeast: 2), null, null);
            var tree = new RootedTree(mount) { Layer = layers.Count == 1 ? (layers[0], directories[0]) : null };
            return new SnapshotView(store, tree, used, null, null);
        }
        catch
        {
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

    private StagedLayer Freeze(
        StagingDirectory staging, IReadOnlyList<LayerId> lowers, SharedFiles shares, CancellationToken cancellationToken)
    {
        Files.RemoveTree(Path.Combine(staging.Path, "work"), CancellationToken.None);
        using SafeFileHandle upper = Files.OpenDirectory(StagedLayer.ChangesIn(staging.Path));
        using SnapshotView? below = lowers.Count == 0 ? null : View(lowers);
        LayerSurvey survey = LayerCanonicalizer.Run(upper, below?.Tree.Root, shares, cancellationToken);
        var layer = new StagedLayer(store, staging, survey);
        foreach (LayerId source in shares.Sources)
        {
            layer.ShareFilesOf(source);
        }
        return layer;
    }

    // The root of a stack is the root of its top layer: without this, a new layer would reset owner and mode of "/".
    private static void TakeRootMetadata(string from, string to)
    {
        FileStatus status = Files.Status(Files.Anywhere, from);
        RootedTree.Apply(Files.Anywhere, to, FileKind.Directory, FileChange.AllOf(status));
    }

    // A read-only overlay needs two layers; empty ones below change nothing.
    private List<string> TopFirst(IReadOnlyList<string> directories, int atLeast)
    {
        var result = new List<string>(directories.Reverse());
        for (int i = 0; result.Count < atLeast; i++)
        {
            result.Add(Path.Combine(store.Root, "empty", i == 0 ? "0" : "1"));
        }
        return result;
    }
}
