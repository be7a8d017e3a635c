using System.Diagnostics;
using System.Security.Cryptography;
using Cairn.Llb;
using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Store;
using Cairn.Snapshotter.Tars;
using Cairn.Snapshotter.Tests.Durability;
using Cairn.Snapshotter.Tests.Support;
using Cairn.Tests.Harness;
using Xunit;

namespace Cairn.Snapshotter.Tests.Deletion;

/// <summary>What becomes of deleted layers, and what a deletion costs the others.</summary>
public sealed class TrashTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private StoreOptions Options => new() { Root = _directory["root"], RunRoot = _directory["run"] };

    private StoreOptions LongLived => Options with
    {
        IsLongLived = true, RecoveryInterval = TimeSpan.FromMilliseconds(50), SealInterval = TimeSpan.FromMilliseconds(50),
    };

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void DEL_02_Everybody_goes_on_while_a_large_layer_is_deleted()
    {
        int files = Soak.Choose(20_000, 200_000);
        using ChildProcess child = ChildProcess.Start();
        child.Do("open", Options.Root, Options.RunRoot);
        string layer = child.Do("make-layers", "1", $"{files}");
        string other = child.Do("layer", "/f=x");
        string go = _directory["go"];
        child.Do("fail", $"tree.unlink:{files / 2}:pause-until={go}");
        double before = HeldInAll(child);
        child.Do("remove", layer);
        double held = HeldInAll(child) - before;
        child.Send("&", "empty", "empty-trash");
        child.Answer();
        Await.File(go + ".reached");
        // Half deleted: readers and writers, here and there, do not notice.
        using StoreRoot store = StoreRoot.Open(Options, [StoreCommands.Notes]);
        ISnapshotter snapshotter = SnapshotterFactory.Open(store);
        double slowest = 0;
        for (int i = 0; i < 200; i++)
        {
            var time = Stopwatch.StartNew();
            Assert.True(snapshotter.Exists(StoreCheck.Id(other)));
            slowest = Math.Max(slowest, time.Elapsed.TotalMilliseconds);
        }
        child.Do("note", "written meanwhile");
        store.Write(static transaction => transaction.Command("INSERT INTO notes VALUES ('here too')").ExecuteNonQuery());
        File.WriteAllText(go, "");
        child.Do("join", "empty");
        Soak.Note(
            "files of a deleted layer", files, 0,
            ("milliseconds in the write turn", held), ("milliseconds of the slowest read meanwhile", slowest));
        Assert.InRange(held, 0, Soak.Choose(500, 50));   // a loaded machine interrupts whoever holds it
    }

    [Fact]
    public async Task DEL_03_When_the_deletion_is_done_the_space_is_free()
    {
        using LoopFilesystem disk = LoopFilesystem.Make("ext4", 128);
        using StoreRoot store = StoreRoot.Open(Options with { Root = disk.Path + "/root" }, []);
        ISnapshotter snapshotter = SnapshotterFactory.Open(store);
        using StagedLayer staged = snapshotter.Stage();
        Shell.Run("for i in $(seq 40); do head -c 1M /dev/urandom > f$i; done; sync -f .", staged.Directory);
        LayerUsage usage = staged.Usage;
        LayerId layer = store.Write(staged.Publish);
        long before = new DriveInfo(disk.Path).AvailableFreeSpace;
        store.Write(transaction => snapshotter.Remove(transaction, layer, force: false));
        await store.EmptyTrashAsync(TestContext.Current.CancellationToken);
        Assert.Empty(StoreCheck.Names(store, "trash"));
        Assert.InRange(new DriveInfo(disk.Path).AvailableFreeSpace - before, usage.Bytes * 99 / 100, usage.Bytes * 101 / 100);
    }

    [Fact]
    public void DEL_04_A_deletion_in_the_background_is_quick_until_too_many_wait_and_ends_before_the_store_is_closed()
    {
        const int Allowed = 10;
        using ChildProcess child = ChildProcess.Start();
        child.Do("open", Options.Root, Options.RunRoot, "every=50", "close=120000", $"backlog={Allowed}");
        string[] layers = child.Do("make-layers", "100", "3").Split(',');
        string go = _directory["go"];
        child.Do("fail", $"trash.delete:1:pause-until={go}");
        child.Do("remove-each", string.Join(',', layers[..Allowed]));   // returns although nothing is deleted
        Await.File(go + ".reached");
        child.Do("&", "rest", "remove-each", string.Join(',', layers[Allowed..]));
        Await.True(() => Trash().Length == Allowed + 1, "one more waits than is allowed");
        for (int i = 0; i < 50; i++)
        {
            Assert.Equal("89", child.Do("query", "SELECT count(*) FROM layers"));   // its caller waits, and holds nothing that others need
            child.Do("note", $"{i}");
        }
        File.WriteAllText(go, "");
        child.Do("join", "rest");
        Assert.InRange(Trash().Length, 0, Allowed + 1);
        Await.True(() => Trash().Length == 0, "an idle store empties its trash");
        child.Do("make-layers", "1", "3");
        child.Do("remove", "101");
        child.Do("close");
        Assert.Empty(Trash());
        Assert.Empty(Directory.GetFileSystemEntries(_directory["root/instances"]));
        Assert.Empty(StoreCheck.Whole(Options));
    }

    [Fact]
    public void DEL_06_A_store_in_which_nothing_is_to_do_lists_neither_trash_nor_staging()
    {
        using ChildProcess child = ChildProcess.Start(new ChildOptions { Trace = "getdents64" });
        child.Do("open", Options.Root, Options.RunRoot, "every=20");
        string layer = child.Do("layer", "/f=x");
        child.Do("mark", "idle");
        child.Do("read-often", "10000", layer);
        child.Do("mark", "end");
        child.Do("close");
        Recording idle = child.ExitAndRead().Between("idle", "end");
        Assert.NotEmpty(idle.Of("getdents64", "/root/instances"));   // it did look whether somebody had died
        Assert.Empty(idle.Of("getdents64", "/root/trash"));
        Assert.Empty(idle.Of("getdents64", "/root/staging"));
    }

    [Theory]
    [InlineData("layers")]
    [InlineData("trash")]
    [InlineData("flattened")]
    public void DEL_10_DEL_11_No_layer_lies_where_it_cannot_be_renamed_to_the_trash(string elsewhere)
    {
        using LoopFilesystem disk = LoopFilesystem.Make("ext4", 16);
        LayerId layer;
        using (StoreRoot store = StoreRoot.Open(Options, [StoreCommands.Notes]))
        {
            layer = Publish(store, SnapshotterFactory.Open(store), "touch f");
        }
        string part = Path.Combine(Options.Root, elsewhere);
        Shell.Run($"mount --bind '{disk.Path}' '{part}'");
        try
        {
            BuildException error = Assert.Throws<BuildException>(() => StoreRoot.Open(Options, [StoreCommands.Notes]));
            Assert.Contains("different filesystems", error.Message, StringComparison.Ordinal);
            Assert.Equal(["lost+found"], Directory.GetFileSystemEntries(part).Select(Path.GetFileName));
        }
        finally
        {
            Shell.Run($"umount '{part}'");
        }
        Assert.Equal([layer], StoreCheck.Whole(Options));   // refused before anything was done
    }

    [Fact]
    public async Task DEL_12_Whatever_a_layer_contains_is_removed()
    {
        using StoreRoot store = StoreRoot.Open(Options, []);
        ISnapshotter snapshotter = SnapshotterFactory.Open(store);
        File.WriteAllText(_directory["outside"], "stays");
        using StagedLayer staged = snapshotter.Stage();
        Shell.Run(
            $$"""
            touch lock cairn.db lock-1 {{store.Instance.Id}} {{store.Instance.Id}}-1 .deep-0
            mkdir trash staging {{store.Instance.Id}}-2+layers+1 && touch trash/lock
            touch "$(printf 'n%.0s' {1..255})" "$(printf 'bytes \xff\xfe \n tab\t')"
            mkdir closed && touch closed/f && chmod 0 closed
            mkfifo fifo && mknod device c 1 3 && mknod whiteout c 0 0
            ln -s {{_directory["outside"]}} link && ln -s / root && ln lock hard
            perl -e 'use Socket; socket(S, PF_UNIX, SOCK_STREAM, 0); bind(S, pack_sockaddr_un("socket"))' || true
            perl -e 'for (1..3000) { mkdir "d"; chdir "d" } open F, ">f"'
            """,
            staged.Directory);
        _ = staged.Usage;
        LayerId layer = store.Write(staged.Publish);
        store.Write(transaction => snapshotter.Remove(transaction, layer, force: false));
        string name = Trashed(store);
        Assert.Matches($"^{store.Instance.Id}-[0-9]+\\+layers\\+{layer}$", name);   // nothing of what is inside
        await store.EmptyTrashAsync(TestContext.Current.CancellationToken);
        Assert.Empty(StoreCheck.Names(store, "trash"));
        Assert.Equal("stays", await File.ReadAllTextAsync(_directory["outside"], TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task DEL_13_A_layer_in_use_is_refused_and_by_force_goes_when_its_last_reader_ends()
    {
        using ChildProcess reader = ChildProcess.Start();
        reader.Do("open", Options.Root, Options.RunRoot);
        string layer = reader.Do("layer", "/f=content");
        reader.Do("view", "v", layer);
        using StoreRoot store = StoreRoot.Open(LongLived, [StoreCommands.Notes]);
        ISnapshotter snapshotter = SnapshotterFactory.Open(store);
        BuildException error = Assert.Throws<BuildException>(
            () => store.Write(transaction => snapshotter.Remove(transaction, StoreCheck.Id(layer), force: false)));
        Assert.Contains($"in use by process {reader.Id} ", error.Message, StringComparison.Ordinal);
        Assert.True(snapshotter.Exists(StoreCheck.Id(layer)));

        store.Write(transaction => snapshotter.Remove(transaction, StoreCheck.Id(layer), force: true));
        Assert.False(snapshotter.Exists(StoreCheck.Id(layer)));
        await store.EmptyTrashAsync(TestContext.Current.CancellationToken);   // not an error: it goes when it can
        Assert.Single(StoreCheck.Names(store, "trash"));
        Assert.Equal("content", reader.Do("read", "v", "/f"));
        reader.Do("dispose", "v");
        Await.True(() => StoreCheck.Names(store, "trash").Length == 0, "the files go without further request");
    }

    [Fact]
    public async Task DEL_14_A_stream_of_a_layer_that_is_deleted_meanwhile_is_undisturbed()
    {
        using StoreRoot store = StoreRoot.Open(LongLived, []);
        ISnapshotter snapshotter = SnapshotterFactory.Open(store);
        using StagedLayer staged = snapshotter.Stage();
        Shell.Run("for i in $(seq 200); do head -c 20000 /dev/urandom > f$i; done", staged.Directory);
        _ = staged.Usage;
        LayerId layer = store.Write(staged.Publish);
        byte[] expected;
        using (var whole = new MemoryStream())
        {
            LayerTarWriter.Write(snapshotter.ChangesDirectory(layer), whole, LayerTarOptions.Default, CancellationToken.None);
            expected = SHA256.HashData(whole.ToArray());
        }
        using var target = new MemoryStream();
        using (UsedLayers used = snapshotter.Use([layer]))
        {
            using var paused = new PausingStream(target, after: 1_000_000, () =>
            {
                store.Write(transaction => snapshotter.Remove(transaction, layer, force: true));
                store.EmptyTrashAsync(CancellationToken.None).GetAwaiter().GetResult();
                Assert.Single(StoreCheck.Names(store, "trash"));
            });
            // What is being read is found by its descriptor, not by its name.
            LayerTarWriter.Write(used.Directories[0], paused, LayerTarOptions.Default, CancellationToken.None);
            Assert.True(paused.HasPaused);
        }
        Assert.Equal(expected, SHA256.HashData(target.ToArray()));
        await store.EmptyTrashAsync(TestContext.Current.CancellationToken);
        Assert.Empty(StoreCheck.Names(store, "trash"));
    }

    [Fact]
    public async Task DEL_17_What_cannot_be_deleted_is_named_and_tried_again_later()
    {
        using LoopFilesystem disk = LoopFilesystem.Make("ext4", 64);
        using StoreRoot store = StoreRoot.Open(Options with { Root = disk.Path + "/root" }, []);
        ISnapshotter snapshotter = SnapshotterFactory.Open(store);
        LayerId[] layers = [.. Enumerable.Range(0, 3).Select(i => Publish(store, snapshotter, $"touch a f{i} z"))];
        Shell.Run("chattr +i f1", snapshotter.ChangesDirectory(layers[1]));
        store.Write(transaction => Array.ForEach(layers, layer => snapshotter.Remove(transaction, layer, force: false)));
        BuildException error = await Assert.ThrowsAsync<BuildException>(() => store.EmptyTrashAsync(TestContext.Current.CancellationToken));
        string left = Assert.Single(StoreCheck.Names(store, "trash"));   // the others are gone
        Assert.EndsWith("+layers+" + layers[1], left, StringComparison.Ordinal);
        Assert.Contains(left, error.Message, StringComparison.Ordinal);
        Assert.Contains("f1", error.Message, StringComparison.Ordinal);
        Assert.Equal("", Shell.Run($"flock -nx '{store.Root}/trash/{left}' true"));   // nobody holds it
        Shell.Run($"chattr -i '{store.Root}/trash/{left}/fs/f1'");
        await store.EmptyTrashAsync(TestContext.Current.CancellationToken);
        Assert.Empty(StoreCheck.Names(store, "trash"));
    }

    [Fact]
    public void DEL_17_It_is_tried_once_in_each_pass_and_by_the_next_process()
    {
        using LoopFilesystem disk = LoopFilesystem.Make("ext4", 64);
        string root = disk.Path + "/root";
        string trash;
        using (ChildProcess child = ChildProcess.Start(new ChildOptions { Trace = "unlinkat,getdents64" }))
        {
            child.Do("open", root, Options.RunRoot, "every=50");
            string layer = child.Do("layer", "/fixed=x");
            Shell.Run($"chattr +i '{root}/layers/{layer}/fs/fixed'");
            child.Do("mark", "begin");
            child.Do("remove", layer);
            for (int i = 0; i < 5; i++)
            {
                Assert.Throws<ChildException>(() => child.Do("empty-trash"));
            }
            child.Do("mark", "end");
            child.Do("close");
            trash = Assert.Single(Directory.GetDirectories(root + "/trash"));
            Recording recording = child.ExitAndRead().Between("begin", "end");
            int tries = recording.Calls.Count(static call => call.Name == "unlinkat" && call.Arguments.Contains("\"fixed\"", StringComparison.Ordinal));
            int passes = recording.Of("getdents64", "/root/instances").Count;
            Assert.InRange(tries, 5, 7 + passes);   // asked five times, and once in a pass
        }
        Shell.Run($"chattr -i '{trash}/fs/fixed'");
        Assert.Empty(StoreCheck.Whole(Options with { Root = root }));   // its process has closed the store: the next one takes it over
    }

    [Fact]
    public void DEL_19_A_process_that_makes_and_deletes_does_not_grow()
    {
        using ChildProcess child = ChildProcess.Start();
        child.Do("open", Options.Root, Options.RunRoot);
        child.Do("cycle", "100");
        string[] first = child.Do("cycle", "100").Split(' ');
        string[] last = child.Do("cycle", $"{Soak.Choose(400, 10_000)}").Split(' ');
        Assert.InRange(int.Parse(last[0], null), 0, int.Parse(first[0], null) + 3);   // what the runtime opens at its own time
        Assert.InRange(long.Parse(last[1], null), 0, long.Parse(first[1], null) + 300_000);
        Assert.Equal(first[2], last[2]);
    }

    [Fact]
    public async Task DEL_21_A_mount_below_what_is_deleted_is_not_entered()
    {
        using StoreRoot store = StoreRoot.Open(LongLived, []);
        ISnapshotter snapshotter = SnapshotterFactory.Open(store);
        LayerId layer = Publish(store, snapshotter, "mkdir sub; touch f");
        string mounted = Path.Combine(snapshotter.ChangesDirectory(layer), "sub");
        string precious = _directory["precious"];
        Directory.CreateDirectory(precious);
        await File.WriteAllTextAsync(precious + "/file", "stays", TestContext.Current.CancellationToken);
        Shell.Run($"mount --bind '{precious}' '{mounted}'");   // of the same filesystem, so that device numbers do not tell
        string place = mounted;
        try
        {
            store.Write(transaction => snapshotter.Remove(transaction, layer, force: false));
            place = Path.Combine(store.Root, "trash", Trashed(store), "fs", "sub");
            BuildException error = await Assert.ThrowsAsync<BuildException>(() => store.EmptyTrashAsync(TestContext.Current.CancellationToken));
            Assert.Contains("sub", error.Message, StringComparison.Ordinal);
            Assert.Equal("stays", await File.ReadAllTextAsync(precious + "/file", TestContext.Current.CancellationToken));
            Assert.Equal("stays", await File.ReadAllTextAsync(place + "/file", TestContext.Current.CancellationToken));
        }
        finally
        {
            Shell.Run($"umount '{place}'");
        }
        Await.True(() => StoreCheck.Names(store, "trash").Length == 0, "a later pass removes the rest");
        Assert.True(File.Exists(precious + "/file"));
    }

    [Fact]
    public async Task DEL_22_On_a_full_disk_a_layer_can_be_deleted()
    {
        using LoopFilesystem disk = LoopFilesystem.Make("ext4", 64, ["-m", "0"]);
        StoreOptions options = Options with { Root = disk.Path + "/root" };
        using (StoreRoot store = StoreRoot.Open(options, []))
        {
            ISnapshotter snapshotter = SnapshotterFactory.Open(store);
            LayerId layer = Publish(store, snapshotter, "head -c 10M /dev/urandom > f");
            LayerId kept = Publish(store, snapshotter, "echo kept > f");
            Shell.Run(
                """
                cat /dev/zero > fill 2> /dev/null || true
                sync -f .
                for i in $(seq 300); do head -c 4096 /dev/zero > fill$i 2> /dev/null || true; done
                sync -f .
                """,
                disk.Path);
            // What makes something is told that the disk is full, and does not take what is reserved for deleting.
            BuildException error = Assert.Throws<BuildException>(() => store.Write(static transaction =>
                transaction.Command("CREATE TABLE much AS SELECT randomblob(20000)").ExecuteNonQuery()));
            Assert.Contains("the disk is full", error.Message, StringComparison.Ordinal);
            Assert.True(File.Exists(store.Root + "/reserve"));
            store.Write(transaction => snapshotter.Remove(transaction, layer, force: false));
            Assert.False(File.Exists(store.Root + "/reserve"));
            await store.EmptyTrashAsync(TestContext.Current.CancellationToken);
            Assert.True(new DriveInfo(disk.Path).AvailableFreeSpace > 9 << 20);
            Assert.True(snapshotter.Exists(kept));
        }
        using StoreRoot again = StoreRoot.Open(options, []);
        Assert.True(File.Exists(again.Root + "/reserve"));   // set aside again
    }

    [Fact]
    public void DEL_23_Names_with_a_dot_belong_to_others_and_a_newer_format_is_refused()
    {
        using (ChildProcess child = ChildProcess.Start())
        {
            child.Do("open", Options.Root, Options.RunRoot);
            child.Do("layer", "/f=x");
            child.Do("seal");
            child.Kill();
        }
        string[] foreign = [.. new[] { "", "layers/", "staging/", "trash/", "instances/", "blobs/sha256/" }.Select(area => _directory["root/" + area + ".newer"])];
        foreach (string path in foreign)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, "");
        }
        StoreOptions another = Options with { BootId = Guid.NewGuid() };   // so that everything is looked through
        using (StoreRoot store = StoreRoot.Open(another, [StoreCommands.Notes]))
        {
            Assert.Single(store.ReclaimedInstances);
            Assert.Single(StoreCheck.Layers(store));
            store.Write(static transaction => transaction.Command("UPDATE store SET format = format + 1").ExecuteNonQuery());
        }
        Assert.All(foreign, static path => Assert.True(File.Exists(path), path));
        string before = Shell.Run("find root -not -name 'cairn.db-*' -printf '%p %s %T@\\n' | sort", _directory.Path);
        BuildException error = Assert.Throws<BuildException>(() => StoreRoot.Open(another, [StoreCommands.Notes]));
        Assert.Contains("format 2, and this program knows formats up to 1", error.Message, StringComparison.Ordinal);
        Assert.Equal(before, Shell.Run("find root -not -name 'cairn.db-*' -printf '%p %s %T@\\n' | sort", _directory.Path));
    }

    [Fact]
    public void DEL_24_The_trash_of_an_additional_store_is_left_alone()
    {
        StoreOptions additional = Options with { Root = _directory["additional"] };
        using (ChildProcess child = ChildProcess.Start())
        {
            child.Do("open", additional.Root, additional.RunRoot);
            string layer = child.Do("make-layers", "1", "40");
            child.Do("stage", "left", "/f=never published");
            child.Do("seal");
            child.Do("fail", "tree.unlink:20:kill");
            child.Do("remove", layer);
            child.DoAndDie("empty-trash");
        }
        string before = Everything();
        Assert.Contains("+layers+", before, StringComparison.Ordinal);
        using (StoreRoot store = StoreRoot.Open(LongLived with { AdditionalStores = [additional.Root] }, [StoreCommands.Notes]))
        {
            Assert.Empty(store.ReclaimedInstances);
            Assert.Single(store.Additional.All);
        }
        using (StoreRoot store = StoreRoot.Open(
            Options with { AdditionalStores = [additional.Root], BootId = Guid.NewGuid() }, [StoreCommands.Notes]))
        {
            Assert.Empty(store.LostFiles);
        }
        Assert.Equal(before, Everything());

        string Everything() => Shell.Run("find additional -printf '%p %y %s %m %T@ %C@\n' | sort", _directory.Path);
    }

    private string[] Trash() => Directory.GetFileSystemEntries(_directory["root/trash"]);

    private static double HeldInAll(ChildProcess child) => double.Parse(child.Do("turns").Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);

    private static LayerId Publish(StoreRoot store, ISnapshotter snapshotter, string script)
    {
        using StagedLayer staged = snapshotter.Stage();
        Shell.Run(script, staged.Directory);
        _ = staged.Usage;
        return store.Write(staged.Publish);
    }

    // What the probe of the driver left may be there too, for a moment.
    private static string Trashed(StoreRoot store) =>
        Assert.Single(StoreCheck.Names(store, "trash"), static name => name.Contains("+layers+", StringComparison.Ordinal));
}
