using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Store;
using Cairn.Snapshotter.Tests.Support;
using Cairn.Snapshotter.Trees;
using Xunit;

namespace Cairn.Snapshotter.Tests.Layers;

public sealed class OverlaySnapshotterTests() : SnapshotterContract("overlay")
{
    [Fact]
    public void An_attached_snapshot_is_an_overlay_over_the_layers_own_directories()
    {
        LayerId one = Store.Layer([], "touch a");
        LayerId two = Store.Layer([], "touch b");
        using ActiveSnapshot active = Store.Snapshotter.Prepare([one, two]);
        string path = active.Attach();
        string mount = File.ReadLines("/proc/self/mountinfo").Single(line => line.Contains(path, StringComparison.Ordinal));
        Assert.StartsWith(Store.Store.Instance.RunDirectory, path, StringComparison.Ordinal);
        Assert.Contains("lowerdir+=" + Store.Snapshotter.ChangesDirectory(two), mount, StringComparison.Ordinal);
        Assert.Contains("lowerdir+=" + Store.Snapshotter.ChangesDirectory(one), mount, StringComparison.Ordinal);
        Assert.Contains("volatile", mount, StringComparison.Ordinal);
    }

    [Fact]
    public void A_view_cannot_be_written_to()
    {
        LayerId layer = Store.Layer([], "touch a");
        using SnapshotView view = Store.Snapshotter.View([layer]);
        var error = Assert.Throws<Cairn.Snapshotter.Native.NativeException>(() => view.Tree.WriteFile("/a", "x"u8, 0x1a4, null, null));
        Assert.Contains("read-only", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_store_with_a_very_long_path_can_be_mounted()
    {
        using var directory = new TemporaryDirectory();
        string root = Path.Combine(directory.Path, new string('a', 200), new string('b', 200));
        using var store = StoreRoot.Open(new StoreOptions { Root = root, RunRoot = directory["run"] }, []);
        ISnapshotter snapshotter = SnapshotterFactory.Open(store);
        using StagedLayer staged = snapshotter.Stage();
        staged.Tree.WriteFile("/f", "x"u8, 0x1a4, FileOwner.Root, null);
        LayerId layer = store.Write(staged.Publish);
        using SnapshotView view = snapshotter.View([layer]);
        Assert.Equal("overlay", snapshotter.Driver);
        Assert.Equal("x"u8.ToArray(), view.Tree.TryReadFile("/f", 10));
    }
}
