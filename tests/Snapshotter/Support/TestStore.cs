using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Merging;
using Cairn.Snapshotter.Store;
using Cairn.Snapshotter.Trees;

namespace Cairn.Snapshotter.Tests.Support;

/// <summary>A store in a temporary directory, with its snapshotter.</summary>
public sealed class TestStore : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public TestStore(string? driver)
        : this(driver, null, null)
    {
    }

    /// <param name="driver">As in the options.</param>
    /// <param name="strategy">As in the options.</param>
    /// <param name="filesystem">A directory on the filesystem that takes the store; null for a temporary one.</param>
    /// <param name="maxLowers">As in the options.</param>
    public TestStore(string? driver, MergeStrategy? strategy, string? filesystem, int maxLowers = 128)
    {
        Options = new StoreOptions
        {
            Root = filesystem is null ? _directory["root"] : Path.Combine(filesystem, Path.GetRandomFileName()),
            RunRoot = _directory["run"],
            Driver = driver,
            Strategy = strategy,
            MaxLowers = maxLowers,
        };
        Store = StoreRoot.Open(Options, []);
        Snapshotter = SnapshotterFactory.Open(Store);
    }

    public StoreOptions Options { get; }

    public StoreRoot Store { get; }

    public ISnapshotter Snapshotter { get; }

    /// <summary>Runs a shell script in a tree on the layers and publishes what it changed.</summary>
    public LayerId Layer(IReadOnlyList<LayerId> lowers, string script)
    {
        using ActiveSnapshot active = Snapshotter.Prepare(lowers);
        Shell.Run(script, active.Attach());
        using StagedLayer staged = active.Freeze(CancellationToken.None);
        return Publish(staged);
    }

    public LayerId Publish(StagedLayer staged)
    {
        _ = staged.Usage;
        return Store.Write(staged.Publish);
    }

    /// <summary>What a snapshot shows.</summary>
    public string Show(params IReadOnlyList<LayerId> layers)
    {
        using SnapshotView view = Snapshotter.View(layers);
        return TreeText.Of(view.Tree);
    }

    /// <summary>What a layer has in its change directory.</summary>
    public string ShowChanges(LayerId layer)
    {
        using RootedTree tree = RootedTree.Open(Snapshotter.ChangesDirectory(layer));
        return TreeText.Of(tree);
    }

    /// <summary>Names in a layer's change directory: whiteouts with a minus, directories with a slash.</summary>
    public string Changes(LayerId layer)
    {
        using RootedTree tree = RootedTree.Open(Snapshotter.ChangesDirectory(layer));
        return TreeText.Names(tree);
    }

    public void Dispose()
    {
        Store.Dispose();
        _directory.Dispose();
    }
}
