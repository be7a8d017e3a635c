using System.Globalization;
using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Merging;
using Cairn.Snapshotter.Store;
using Cairn.Snapshotter.Tests.Model;
using Cairn.Snapshotter.Tests.Support;
using Cairn.Snapshotter.Trees;
using Cairn.Tests.Harness;
using Xunit;

namespace Cairn.Snapshotter.Tests.Merging;

/// <summary>More layers than a mount is meant to have, or can have.</summary>
public sealed class LongListTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(128)]
    [InlineData(400)]
    [InlineData(500)]
    [InlineData(501)]
    [InlineData(1200)]
    public void MRG_38_Long_lists_are_mounted_and_their_older_layers_are_flattened_once(int count)
    {
        string longPath = Directory.CreateDirectory(_directory[new string('s', 200 - _directory.Path.Length)]).FullName;
        using var store = new TestStore("overlay", MergeStrategy.Join, longPath);
        ModelLayer[] layers = Layers(count);
        LayerId[] list = Publish(store, layers);
        string expected = ModelText.Of(ModelRules.Merge(layers));

        string path;
        using (SnapshotView view = store.Snapshotter.View(list))
        {
            Assert.Equal(expected, TreeText.Of(view.Tree));
            path = view.Attach();
            int places = Places(path);
            Assert.True(count > 499 ? places <= 128 : places == count, $"{places} places");
            // A container takes it at any place of its tree.
            string target = Directory.CreateDirectory(_directory["container/deep"]).FullName;
            Shell.Run($"mount --bind {path} {target}; [ -e {target}/shared/last ]; umount {target}");
        }
        if (count <= 128)
        {
            Assert.Equal(0, Runs(store.Store));
            return;
        }
        Await.True(() => Runs(store.Store) == count / 64, "the older layers are flattened");
        using (SnapshotView view = store.Snapshotter.View(list))
        {
            Assert.Equal(expected, TreeText.Of(view.Tree));
            Assert.InRange(Places(view.Attach()), 2, 128);
        }
        LayerId child;
        using (ActiveSnapshot active = store.Snapshotter.Prepare(list))
        {
            active.Tree.WriteFile("/shared/last", "changed"u8, 0x1a4, null, null);
            active.Tree.Remove("/0", recursive: true);
            using StagedLayer staged = active.Freeze(CancellationToken.None);
            child = store.Publish(staged);
        }
        Assert.Equal("-0 shared/ shared/last", store.Changes(child));

        // Shared with every list that has the same layers in a row, with other processes, and after a restart.
        using ChildProcess other = ChildProcess.Start();
        other.Do("open", store.Options.Root, _directory["run"]);
        other.Do("view", "v", string.Join(',', list.Append(child)));
        Assert.Equal("changed", other.Do("read", "v", "/shared/last"));
        Assert.Equal($"{count / 64}", other.Do("query", "SELECT count(*) FROM flattened"));
        other.Do("close");
        other.Exit();
    }

    [Fact]
    public async Task MRG_46_Flattened_runs_go_with_their_layers_and_no_space_is_lost()
    {
        using var store = new TestStore("overlay", MergeStrategy.Join, null, maxLowers: 8);
        LayerId[] list = Publish(store, Layers(20));
        store.Show(list);
        Await.True(() => Runs(store.Store) == 5, "runs of four layers");
        string Links() => Shell.Run("find layers -type f -path '*/fs/*' -printf '%n\\n' | sort -u", store.Store.Root).Trim();
        Assert.Contains("2", Links(), StringComparison.Ordinal);

        store.Store.Write(transaction => store.Snapshotter.Remove(transaction, list[0], force: true));
        Assert.Equal(4, Runs(store.Store));
        store.Store.Write(transaction =>
        {
            foreach (LayerId layer in list[1..])
            {
                store.Snapshotter.Remove(transaction, layer, force: true);
            }
        });
        await store.Store.EmptyTrashAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, Runs(store.Store));
        Await.True(() => Directory.GetFileSystemEntries(Path.Combine(store.Store.Root, "trash")).Length == 0, "the trash is empty");
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(store.Store.Root, "flattened")));
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(store.Store.Root, "layers")));
    }

    [Fact]
    public void MRG_33_A_chain_of_many_steps_is_flattened_layer_by_layer_once()
    {
        int steps = Soak.Choose(200, 1000);
        using var store = new TestStore("overlay", MergeStrategy.Join, null, maxLowers: 16);
        List<LayerId> chain = [];
        for (int i = 0; i < steps; i++)
        {
            using ActiveSnapshot active = store.Snapshotter.Prepare(chain);
            active.Tree.WriteFile($"/{i}", "x"u8, 0x1a4, null, null);
            using StagedLayer staged = active.Freeze(CancellationToken.None);
            chain.Add(store.Publish(staged));
        }
        store.Show(chain);
        Await.True(() => Runs(store.Store) >= steps / 8 - 2, "the chain is flattened");
        using SnapshotView view = store.Snapshotter.View(chain);
        Assert.Equal(steps, view.Tree.List("/").Count());
        long[] sources = store.Store.Read(static connection =>
        {
            using var select = connection.CreateCommand();
            select.CommandText = "SELECT layer FROM flattened_sources";
            using var reader = select.ExecuteReader();
            List<long> rows = [];
            while (reader.Read())
            {
                rows.Add(reader.GetInt64(0));
            }
            return rows.ToArray();
        });
        Assert.Equal(sources.Length, sources.Distinct().Count());   // each layer was linked into one run, so the work is linear
    }

    [Fact]
    public void MRG_46_Two_files_of_layers_with_files_in_common_stay_two_in_flattened_runs()
    {
        using var store = new TestStore("overlay", MergeStrategy.Join, null, maxLowers: 4);
        LayerId context = store.Layer([], "echo x > f; ln f g; echo y > h");
        LayerId[] list = [.. Enumerable.Range(0, 8).Select(i =>
        {
            using StagedLayer staged = store.Snapshotter.StageSubtree(
                [context], "/", string.Create(CultureInfo.InvariantCulture, $"/copy-{i}"), CancellationToken.None);
            return store.Publish(staged);
        })];
        store.Show(list);
        Await.True(() => Runs(store.Store) == 4, "runs of two layers");
        using SnapshotView view = store.Snapshotter.View(list);
        Assert.InRange(Places(view.Attach()), 2, 4);
        ulong[] inodes = [.. Enumerable.Range(0, 8).Select(i => view.Tree.Status($"/copy-{i}/h", followLinks: false)!.Inode)];
        Assert.Equal(8, inodes.Distinct().Count());
        Assert.Equal(view.Tree.Status("/copy-7/f", false)!.Inode, view.Tree.Status("/copy-7/g", false)!.Inode);
    }

    [Theory]
    [InlineData("Join", 50)]
    [InlineData("Hardlink", 50)]
    public void MRG_33_Merges_and_steps_in_turns_cost_the_same_each_round(string strategy, int rounds)
    {
        using ChildProcess child = ChildProcess.Start(new ChildOptions { Trace = "linkat,mkdirat,copy_file_range,mknodat,openat" });
        child.Do("open", _directory["root"], _directory["run"], "driver=overlay", "strategy=" + strategy);
        string names = child.Do("alternate", rounds.ToString(CultureInfo.InvariantCulture));
        child.Do("close");
        Recording all = child.ExitAndRead();
        Assert.Equal(2 * rounds, names.Split(' ').Length);
        int[] calls = [.. Enumerable.Range(0, rounds).Select(i => Calls(all.Between($"round-{i}", i == rounds - 1 ? "round-end" : $"round-{i + 1}")))];
        if (strategy == "Join")
        {
            Assert.Empty(all.Of("linkat", "/fs/"));
            Assert.Empty(all.Of("copy_file_range"));
        }
        Assert.InRange(calls[^10..].Sum(), 1, 2 * calls[5..15].Sum());
    }

    // Without overlayfs a step has a tree of its own, whatever was merged before: each entry of it costs what it costs in a first step.
    [Theory]
    [InlineData("Hardlink")]
    [InlineData("Copy")]
    public void MRG_33_Without_overlayfs_a_step_costs_its_tree_and_nothing_of_earlier_merges(string strategy)
    {
        const int Rounds = 50;
        using ChildProcess child = ChildProcess.Start(new ChildOptions { Trace = "linkat,mkdirat,mknodat,openat" });
        child.Do("open", _directory["root"], _directory["run"], "driver=native", "strategy=" + strategy);
        string names = child.Do("alternate", $"{Rounds}");
        child.Do("close");
        Recording all = child.ExitAndRead();
        Assert.Equal(2 * Rounds, names.Split(' ').Length);
        int before = 0;
        for (int i = 0; i < Rounds; i++)
        {
            Recording round = all.Between($"round-{i}", i == Rounds - 1 ? "round-end" : $"round-{i + 1}");
            int made = round.Calls.Count(static call => call.Target.Contains("/fs/", StringComparison.Ordinal) && !call.Failed
                && (call.Name is "linkat" or "mknodat" || call.OpensToWrite));
            // The small file, a tree with all files so far, the file of the step, and that file once more in the layer.
            Assert.InRange(made, 2 * i, (2 * i) + 8);
            Assert.True(i == 0 || made - before <= 6, $"round {i} made {made} files, the one before {before}");
            before = made;
        }
    }

    [Theory]
    [InlineData("Join", 0)]
    [InlineData("Hardlink", 0)]
    public void MRG_32_A_longer_merge_does_nothing_again(string strategy, int links)
    {
        using ChildProcess child = ChildProcess.Start(new ChildOptions { Trace = "linkat,mkdirat,openat,getdents64" });
        child.Do("open", _directory["root"], _directory["run"], "driver=overlay", "strategy=" + strategy);
        string a = child.Do("layer", "/d/a=1", "/d/x=1");
        string b = child.Do("layer", "/d/b=2");
        string c = child.Do("layer", "/d/c=3");
        child.Do("view", "two", $"{a},{b}");
        child.Do("mark", "begin");
        child.Do("view", "three", $"{a},{b},{c}");
        child.Do("mark", "end");
        Assert.Equal("d/ d/a d/b d/c d/x", child.Do("names", "three"));
        foreach (string name in (string[])["two", "three"])
        {
            child.Do("dispose", name);
        }
        child.Do("close");
        Recording merge = child.ExitAndRead().Between("begin", "end");
        Assert.Equal(links, merge.Of("linkat").Count);
        Assert.Empty(merge.Of("mkdirat"));
        Assert.Empty(merge.Of("getdents64"));
    }

    [Fact]
    public void MRG_35_A_join_looks_into_no_input()
    {
        using ChildProcess child = ChildProcess.Start(new ChildOptions { Trace = "openat,openat2,open,getdents64,statx,readlinkat,newfstatat" });
        child.Do("open", _directory["root"], _directory["run"], "driver=overlay");
        string a = child.Do("layer", "/d/a=1");
        string b = child.Do("layer", "/d/b=2");
        child.Do("mark", "begin");
        child.Do("prepare", "step", $"{a},{b}");
        child.Do("mark", "end");
        child.Do("dispose", "step");
        child.Do("close");
        Recording merge = child.ExitAndRead().Between("begin", "end");
        // The root itself is asked for its owner and mode.
        Assert.DoesNotContain(merge.Calls, static call => call.Target.TrimEnd('/', '.').Contains("/fs/", StringComparison.Ordinal));
        Assert.Empty(merge.Of("getdents64"));
    }

    // Each with a file of its own, a change of a shared one, and a deletion of an earlier one's.
    private static ModelLayer[] Layers(int count) => [.. Enumerable.Range(0, count).Select(i =>
    {
        ModelPut Put(string content) => new(new ModelFile(FileKind.Regular, content, null, ModelMetadata.Of(0x1a4, 1000 + i)));
        string own = i.ToString(CultureInfo.InvariantCulture);
        ModelLayer layer = ModelLayer.Nothing.With(own, Put(own)).With("shared/last", Put("last " + own)).With("shared/" + (i % 7), Put(own));
        return i % 5 == 4 ? layer.With((i - 3).ToString(CultureInfo.InvariantCulture), new ModelWhiteout()) : layer;
    })];

    private static LayerId[] Publish(TestStore store, ModelLayer[] layers)
    {
        StagedLayer[] staged = [.. layers.Select(layer =>
        {
            StagedLayer one = store.Snapshotter.Stage();
            ModelDisk.Write(layer, one.Directory);
            _ = one.Usage;
            return one;
        })];
        LayerId[] list = store.Store.Write(transaction => staged.Select(one => one.Publish(transaction)).ToArray());
        Array.ForEach(staged, static one => one.Dispose());
        return list;
    }

    private static int Calls(Recording part) => part.Of("linkat").Count + part.Of("mkdirat").Count + part.Of("copy_file_range").Count + part.Of("mknodat").Count;

    private static int Places(string path) => File.ReadLines("/proc/self/mountinfo")
        .Single(line => line.Contains($" {path} ", StringComparison.Ordinal)).Split("lowerdir+=").Length - 1;

    private static long Runs(StoreRoot store) => store.Read(static connection =>
    {
        using var count = connection.CreateCommand();
        count.CommandText = "SELECT count(*) FROM flattened";
        return (long)count.ExecuteScalar()!;
    });
}
