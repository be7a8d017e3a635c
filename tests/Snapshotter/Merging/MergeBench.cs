using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Merging;
using Cairn.Snapshotter.Tars;
using Cairn.Snapshotter.Tests.Model;
using Cairn.Snapshotter.Tests.Support;
using Xunit;

namespace Cairn.Snapshotter.Tests.Merging;

/// <summary>A store that merges in one way, with the model beside it.</summary>
internal sealed class MergeBench : IDisposable
{
    public MergeBench(string driver, MergeStrategy strategy, string? filesystem, int maxLowers = 128) =>
        Store = new TestStore(driver, strategy, filesystem, maxLowers);

    public TestStore Store { get; }

    public ISnapshotter Snapshotter => Store.Snapshotter;

    public void Dispose() => Store.Dispose();

    /// <summary>Publishes a layer of the model.</summary>
    public LayerId Layer(ModelLayer layer)
    {
        using StagedLayer staged = Snapshotter.Stage();
        ModelDisk.Write(layer, staged.Directory);
        return Store.Publish(staged);
    }

    /// <summary>Publishes a layer that a script fills directly: as it is, with no canonical form made.</summary>
    public LayerId Raw(string script)
    {
        using StagedLayer staged = Snapshotter.Stage();
        Shell.Run(script, staged.Directory);
        return Store.Publish(staged);
    }

    /// <summary>The model's view of layers as they lie on disk.</summary>
    public ModelDirectory Merge(IEnumerable<LayerId> layers) => ModelRules.Merge(layers.Select(Read));

    public ModelLayer Read(LayerId layer) => ModelDisk.Read(Snapshotter.ChangesDirectory(layer));

    /// <summary>
    /// The tree of some layers, after checking that a view, a writable snapshot, the model, and whoever unpacks the exported archives one on
    /// top of the other see the same.
    /// </summary>
    public string Show(params IReadOnlyList<LayerId> layers)
    {
        string view = Store.Show(layers);
        Assert.Equal(ModelText.Of(Merge(layers)), view);
        using (ActiveSnapshot active = Snapshotter.Prepare(layers))
        {
            Assert.Equal(view, TreeText.Of(active.Tree));
        }
        if (!view.Contains(" Socket ", StringComparison.Ordinal) && !view.Contains("security.capability=", StringComparison.Ordinal) && !view.Contains("posix_acl", StringComparison.Ordinal))
        {
            Assert.Equal(view, ModelText.Of(Unpack(layers)));
        }
        return view;
    }

    /// <summary>The tree's names, directories with a slash, after the same checks.</summary>
    public string Names(params IReadOnlyList<LayerId> layers)
    {
        Show(layers);
        using SnapshotView view = Snapshotter.View(layers);
        return TreeText.Names(view.Tree);
    }

    private ModelDirectory Unpack(IReadOnlyList<LayerId> layers)
    {
        ModelDirectory tree = ModelDirectory.Empty;
        foreach (LayerId layer in layers)
        {
            using var tar = new MemoryStream();
            LayerTarWriter.Write(Snapshotter.ChangesDirectory(layer), tar, LayerTarOptions.Default, CancellationToken.None);
            tar.Position = 0;
            tree = ModelArchive.Unpack(tree, tar);
        }
        return tree;
    }
}
