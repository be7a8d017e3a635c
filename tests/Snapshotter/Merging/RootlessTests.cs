using Cairn.Llb;
using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Merging;
using Cairn.Snapshotter.Store;
using Cairn.Snapshotter.Tests.Support;
using Cairn.Tests.Harness;
using Xunit;

namespace Cairn.Snapshotter.Tests.Merging;

/// <summary>A process without rights over the machine, in a user namespace of its own.</summary>
public sealed class RootlessTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("-Urm", "overlay Join")]        // it may mount: overlayfs takes marks of the user namespace
    [InlineData("-Ur", "native Hardlink")]      // it may not
    public void MRG_44_Without_rights_layers_are_joined_or_linked_as_the_machine_allows(string namespaces, string expected)
    {
        string a;
        string b;
        string c;
        using (ChildProcess child = ChildProcess.Start(new ChildOptions { Under = ["unshare", namespaces] }))
        {
            child.Do("open", _directory["root"], _directory["run"]);
            Assert.Equal(expected, child.Do("driver"));
            a = child.Do("layer", "/d/a=1", "/d/gone=1", "/e/x=1");
            child.Do("prepare", "step", a);
            child.Do("delete", "step", "/d/gone", "/e");
            child.Do("fill", "step", "/d/new=2", "/e/again=3");
            child.Do("freeze", "step", "staged");
            b = child.Do("publish", "staged");
            c = child.Do("layer", "/e/other=4");
            child.Do("view", "v", $"{a},{b},{c}");
            Assert.Equal("d/ d/a d/new e/ e/again e/other", child.Do("names", "v"));
            child.Do("view", "w", $"{c},{b}");
            Assert.Equal("d/ d/new e/ e/again e/other", child.Do("names", "w"));
            foreach (string name in (string[])["v", "w"])
            {
                child.Do("dispose", name);
            }
            child.Do("close");
            child.Exit();
        }
        Assert.Contains("user.overlay.origin", Shell.Run($"getfattr -R -h -d -m - '{_directory[$"root/layers/{b}"]}'"), StringComparison.Ordinal);

        // With other rights its marks would not be believed: refused, whatever the driver.
        foreach (string driver in (string[])["overlay", "native"])
        {
            using StoreRoot store = StoreRoot.Open(new StoreOptions { Root = _directory["root"], RunRoot = _directory["run2"], Driver = driver }, []);
            ISnapshotter snapshotter = SnapshotterFactory.Open(store);
            LayerId[] list = [new LayerId(long.Parse(a)), new LayerId(long.Parse(b))];
            var error = Assert.Throws<BuildException>(() => snapshotter.View(list));
            Assert.Contains("user.overlay", error.Message, StringComparison.Ordinal);
            Assert.Throws<BuildException>(() => snapshotter.Diff([list[0]], [list[1]], CancellationToken.None));
        }
    }

    // The strategies for filesystems without links or shared blocks, and the marks that are copied by them.
    [Theory]
    [InlineData("overlay", "Copy")]
    [InlineData("overlay", "Hardlink")]
    [InlineData("native", "Copy")]
    [InlineData("native", "Hardlink")]
    public void MRG_44_Without_rights_every_strategy_gives_the_same_tree(string driver, string strategy)
    {
        using ChildProcess child = ChildProcess.Start(new ChildOptions { Under = ["unshare", driver == "overlay" ? "-Urm" : "-Ur"] });
        child.Do("open", _directory["root"], _directory["run"], "driver=" + driver, "strategy=" + strategy);
        Assert.Equal($"{driver} {strategy}", child.Do("driver"));
        string a = child.Do("layer", "/d/a=1", "/d/gone=1", "/e/x=1");
        child.Do("prepare", "step", a);
        child.Do("delete", "step", "/d/gone", "/e");
        child.Do("fill", "step", "/d/new=2", "/e/again=3");
        child.Do("freeze", "step", "staged");
        string b = child.Do("publish", "staged");
        string c = child.Do("layer", "/e/other=4");
        foreach ((string list, string names) in ((string, string)[])
            [($"{a},{b},{c}", "d/ d/a d/new e/ e/again e/other"), ($"{c},{b}", "d/ d/new e/ e/again e/other"), (b, "d/ d/new e/ e/again")])
        {
            child.Do("view", "v", list);
            Assert.Equal(names, child.Do("names", "v"));
            Assert.Equal("2", child.Do("read", "v", "/d/new"));
            child.Do("dispose", "v");
        }
        string links = Shell.Run("find layers -type f -path '*/fs/*' -links +1 | wc -l", _directory["root"]).Trim();
        Assert.Equal(strategy == "Copy", links == "0");
        child.Do("close");
        child.Exit();
    }

    [Fact]
    public void MRG_44_Layers_of_root_are_refused_without_rights()
    {
        LayerId layer;
        using (var store = StoreRoot.Open(new StoreOptions { Root = _directory["root"], RunRoot = _directory["run"] }, []))
        {
            Assert.Equal("trusted", OverlayMarks.Namespace);
            using StagedLayer staged = SnapshotterFactory.Open(store).Stage();
            _ = staged.Usage;
            layer = store.Write(staged.Publish);
        }
        using ChildProcess child = ChildProcess.Start(new ChildOptions { Under = ["unshare", "-Urm"] });
        child.Do("open", _directory["root"], _directory["run"]);
        ChildException error = Assert.Throws<ChildException>(() => child.Do("view", "v", layer.ToString()));
        Assert.Contains("trusted.overlay", error.Message, StringComparison.Ordinal);
        child.Do("close");
        child.Exit();
    }
}
