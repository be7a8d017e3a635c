using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Merging;
using Cairn.Snapshotter.Store;
using Cairn.Snapshotter.Tests.Support;
using Cairn.Snapshotter.Trees;
using Cairn.Tests.Harness;
using Xunit;

namespace Cairn.Snapshotter.Tests.Merging;

/// <summary>This part: what is done for a merge, how often, and what becomes of it when it is stopped.</summary>
public abstract partial class MergeContract
{
    [Fact]
    public async Task MRG_31_Ten_wishes_for_one_merge_and_another_after_a_restart()
    {
        LayerId[] list = [Store.Layer([], "mkdir d; touch d/a"), Store.Layer([], "mkdir d; touch d/b"), Store.Layer([], "touch c")];
        string[] shown = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Task.Run(() => Store.Show(list))));
        Assert.All(shown, one => Assert.Equal(shown[0], one));
        long runs = Runs(Store.Store);
        Assert.Equal(this is JoinMergeTests ? 0 : 1, runs);   // one directory, or none where a mount does
        using StoreRoot again = StoreRoot.Open(Store.Options, []);
        using SnapshotView view = SnapshotterFactory.Open(again).View(list);
        Assert.Equal(shown[0], TreeText.Of(view.Tree));
        Assert.Equal(runs, Runs(again));
    }

    [Theory]
    [InlineData("/d/sub", "/to/there")]
    [InlineData("/d", "/")]
    [InlineData("/", "/all")]
    public void MRG_36_A_subdirectory_at_another_place_without_its_data_copied(string source, string destination)
    {
        LayerId a = Store.Layer([], "mkdir -p d/sub; head -c 200000 /dev/urandom > d/sub/big; echo old > d/sub/x; ln d/sub/big d/sub/same; chmod 751 d/sub; mkfifo d/p");
        LayerId b = Store.Layer([a], "echo new > d/sub/x; rm d/p; ln -s big d/sub/link; touch -d @77 d/sub");
        using StagedLayer staged = _bench.Snapshotter.StageSubtree([a, b], source, destination, CancellationToken.None);
        LayerId moved = Store.Publish(staged);

        using SnapshotView before = _bench.Snapshotter.View([a, b]);
        using SnapshotView after = _bench.Snapshotter.View([moved]);
        string Below(string tree, string root) => string.Join('\n', tree.Split('\n')
            .Where(line => line.StartsWith(root == "/" ? "/" : root + "/", StringComparison.Ordinal) || line.StartsWith(root + " ", StringComparison.Ordinal))
            .Select(line => root == "/" ? line : line.Replace(root + "/", "/", StringComparison.Ordinal).Replace(root + " ", " ", StringComparison.Ordinal))
            .Where(static line => !line.StartsWith(' ')));
        string expected = Below(TreeText.Of(before.Tree), source);
        Assert.Contains("big", expected, StringComparison.Ordinal);
        Assert.Equal(expected, Below(TreeText.Of(after.Tree), destination));
        string big = TreePath.Join(destination, source == "/" ? "d/sub/big" : source == "/d" ? "sub/big" : "big");
        using RootedTree own = RootedTree.Open(_bench.Snapshotter.ChangesDirectory(a));
        using RootedTree layer = RootedTree.Open(_bench.Snapshotter.ChangesDirectory(moved));
        bool linked = own.Status("/d/sub/big", false)!.Inode == layer.Status(big, false)!.Inode;
        Assert.Equal(_bench.Snapshotter.Strategy is MergeStrategy.Join or MergeStrategy.Hardlink, linked);
        // In one tree with its source it is another file.
        using SnapshotView both = _bench.Snapshotter.View([a, b, moved]);
        if (destination == "/all")
        {
            Assert.NotEqual(Inode(both, "/d/sub/big"), Inode(both, "/all/d/sub/big"));
        }
    }

    [Fact]
    public void MRG_37_A_read_only_tree_cannot_be_written_to_and_a_writable_one_can()
    {
        LayerId a = Store.Layer([], "mkdir d; touch d/f");
        LayerId b = Store.Layer([], "touch g");
        foreach (LayerId[] list in (LayerId[][])[[], [a], [a, b]])
        {
            using (SnapshotView view = _bench.Snapshotter.View(list))
            {
                var error = Assert.Throws<Cairn.Snapshotter.Native.NativeException>(() => view.Tree.WriteFile("/new", "x"u8, 0x1a4, null, null));
                Assert.Contains("read-only", error.Message, StringComparison.Ordinal);
                string path = view.Attach();
                Assert.Equal("denied", Shell.Run("touch new 2> /dev/null || echo denied", path).Trim());
                Assert.Equal("denied", Shell.Run("if rm -rf d 2> /dev/null && mkdir d 2> /dev/null; then echo done; else echo denied; fi", path).Trim());
                string mount = File.ReadLines("/proc/self/mountinfo").Single(line => line.Contains($" {path} ", StringComparison.Ordinal));
                Assert.Contains($" {path} ro", mount, StringComparison.Ordinal);
                Assert.DoesNotContain("upperdir", mount, StringComparison.Ordinal);
            }
            using ActiveSnapshot active = _bench.Snapshotter.Prepare(list);
            Shell.Run("touch new", active.Attach());
        }
        Assert.Equal("d/ d/f g", _bench.Names(a, b));
    }

    [Fact]
    public void MRG_42_Cancelled_in_the_middle_nothing_is_left()
    {
        LayerId a = Store.Layer([], "for d in $(seq 20); do mkdir $d; (cd $d; seq 100 | xargs touch); done");
        LayerId b = Store.Layer([], "for d in $(seq 20); do mkdir $d; (cd $d; seq 101 200 | xargs touch); done");
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => _bench.Snapshotter.View([a, b], cancelled.Token));
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(Store.Store.Root, "staging")));
        Assert.Equal(4040, Store.Show(a, b).Split('\n', StringSplitOptions.RemoveEmptyEntries).Length + 20);
    }

    [Fact]
    public void MRG_42_Cancelled_at_random_moments_nothing_is_left()
    {
        LayerId a = Store.Layer([], "for d in $(seq 10); do mkdir $d; (cd $d; seq 100 | xargs touch); done");
        Random random = Soak.Random();
        int stopped = 0;
        int rounds = Soak.Choose(25, 500);
        for (int i = 0; i < rounds; i++)
        {
            // A list that nobody has merged before.
            LayerId b;
            using (StagedLayer staged = _bench.Snapshotter.Stage())
            {
                staged.Tree.WriteFile($"/round-{i}", "x"u8, 0x1a4, FileOwner.Root, null);
                b = Store.Publish(staged);
            }
            using var cancelled = new CancellationTokenSource();
            cancelled.CancelAfter(TimeSpan.FromMilliseconds(random.NextDouble() * 30));
            try
            {
                using SnapshotView view = _bench.Snapshotter.View([a, b], cancelled.Token);
                Assert.Equal(11, view.Tree.List("/").Count());
            }
            catch (OperationCanceledException)
            {
                stopped++;
            }
            Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(Store.Store.Root, "staging")));
            Assert.Equal(1012, Store.Show(a, b).Split('\n').Length);   // the next one succeeds
        }
        Soak.Note($"{GetType().Name} cancelled at random moments", rounds, 0, ("stopped", stopped));
    }

    [Fact]
    public void MRG_47_A_missing_input_is_named()
    {
        LayerId a = Store.Layer([], "touch a");
        LayerId b = Store.Layer([], "touch b");
        Directory.Delete(Path.GetDirectoryName(_bench.Snapshotter.ChangesDirectory(b))!, recursive: true);
        var error = Assert.Throws<Cairn.Llb.BuildException>(() => _bench.Snapshotter.View([a, b]));
        Assert.Contains($"{b}", error.Message, StringComparison.Ordinal);
        Assert.Contains("does not have it", error.Message, StringComparison.Ordinal);
        Assert.Equal("a", _bench.Names(a));
    }

    private static long Runs(StoreRoot store) => store.Read(static connection =>
    {
        using var count = connection.CreateCommand();
        count.CommandText = "SELECT count(*) FROM flattened";
        return (long)count.ExecuteScalar()!;
    });
}
