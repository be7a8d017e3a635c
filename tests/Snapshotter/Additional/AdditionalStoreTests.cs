using Cairn.Llb;
using Cairn.Snapshotter.Additional;
using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Native;
using Cairn.Snapshotter.Store;
using Cairn.Snapshotter.Tests.Support;
using Cairn.Snapshotter.Trees;
using Cairn.Tests.Harness;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Cairn.Snapshotter.Tests.Additional;

public sealed class AdditionalStoreTests : IDisposable
{
    private readonly OtherStore _other = new();

    public void Dispose() => _other.Dispose();

    [Theory]
    [InlineData("overlay")]
    [InlineData("native")]
    public void AIS_05_A_layer_is_built_on_layers_of_another_store_exported_and_deleted(string driver)
    {
        string expected;
        using (StoreRoot owner = _other.Open())
        {
            using SnapshotView view = SnapshotterFactory.Open(owner).View(_other.Layers);
            expected = TreeText.Of(view.Tree);
        }
        string before = _other.Listing();
        using (var own = new OwnStore(driver, NullLoggerFactory.Instance, _other.Root))
        {
            LayerId[] base5 = _other.TakeAll(own.Store);
            Assert.Equal(base5, _other.TakeAll(own.Store));   // taken once
            Assert.Equal(expected, own.Show(base5));
            LayerId child;
            using (ActiveSnapshot active = own.Snapshotter.Prepare(base5))
            {
                Shell.Run("echo 6 >> d/three; rm five; mv e e2; ln four four2; chmod 0 p; touch -ad @1 f", active.Attach());
                using StagedLayer staged = active.Freeze(CancellationToken.None);
                _ = staged.Usage;
                child = own.Store.Write(staged.Publish);
            }
            Assert.Equal("3\n6\n", File.ReadAllText(Path.Combine(own.Snapshotter.ChangesDirectory(child), "d/three")));
            foreach (LayerId layer in base5.Append(child))
            {
                Assert.Equal(64, AdditionalCommands.DigestOf(own.Snapshotter.ChangesDirectory(layer)).Length);
            }
            Assert.NotEqual(expected, own.Show([.. base5, child]));
            own.Store.Write(transaction => own.Snapshotter.Remove(transaction, child, force: false));
            own.Store.Write(transaction => own.Snapshotter.Remove(transaction, base5[4], force: false));
            Assert.False(own.Snapshotter.Exists(child) || own.Snapshotter.Exists(base5[4]));
            Assert.True(own.Snapshotter.Exists(base5[3]));
            Assert.Equal("0\n", Shell.Run($"find '{own.Store.Root}/layers' -type f | wc -l"));
        }
        Assert.Equal(before, _other.Listing());
    }

    [Fact]
    public void AIS_06_A_layer_that_its_owner_removed_is_named_with_its_store()
    {
        using var own = new OwnStore(_other.Root);
        LayerId[] layers = _other.TakeAll(own.Store);
        Assert.True(own.Snapshotter.Exists(layers[1]));
        using (StoreRoot owner = _other.Open())
        {
            ISnapshotter snapshotter = SnapshotterFactory.Open(owner);
            owner.Write(transaction => snapshotter.Remove(transaction, _other.Layers[1], force: false));
        }
        foreach (bool refreshed in (bool[])[false, true])
        {
            if (refreshed)
            {
                own.Store.Additional.Refresh();
            }
            BuildException gone = Assert.Throws<BuildException>(() => own.Snapshotter.View(layers));
            Assert.Contains("layer not found", gone.Message, StringComparison.Ordinal);
            Assert.Contains($"{_other.Layers[1]} of additional store {_other.Root}", gone.Message, StringComparison.Ordinal);
            Assert.False(own.Snapshotter.Exists(layers[1]));
            Assert.Contains("/four", own.Show(layers[0], layers[3]), StringComparison.Ordinal);
        }

        // The store is not added any more.
        own.Options = own.Options with { AdditionalStores = [] };
        own.Reopen();
        BuildException absent = Assert.Throws<BuildException>(() => own.Snapshotter.View([layers[0]]));
        Assert.Contains("not among the additional stores", absent.Message, StringComparison.Ordinal);
        own.Options = own.Options with { AdditionalStores = [_other.Root] };
        own.Reopen();
        Assert.Contains("/f ", own.Show(layers[0]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AIS_07_What_a_power_cut_may_have_torn_in_the_other_store_is_not_used_and_not_repaired()
    {
        LayerId sealedLayer, unsealedLayer, withoutDirectory;
        using (StoreRoot store = StoreRoot.Open(
            new StoreOptions { Root = _other.Root, RunRoot = _other.RunRoot, BootId = Guid.NewGuid() }, []))
        {
            // Another boot of that machine, which went down before it could seal the second layer.
            ISnapshotter snapshotter = SnapshotterFactory.Open(store);
            sealedLayer = OtherStore.Add(store, snapshotter, "echo sealed > s");
            await store.SealAsync(TimeSpan.FromMinutes(1), CancellationToken.None);
            unsealedLayer = OtherStore.Add(store, snapshotter, "echo torn > t");
            withoutDirectory = OtherStore.Add(store, snapshotter, "echo gone > g");
        }
        Shell.Run($"rm -r '{_other.Root}/layers/{withoutDirectory}'; mkdir -p '{_other.Root}/staging/left/fs' '{_other.Root}/layers/12345/fs'");
        string before = _other.Listing();
        using (var own = new OwnStore(_other.Root))
        {
            AdditionalStore added = own.Store.Additional.All[0];
            Assert.Null(own.Store.Additional.TryFind(added, unsealedLayer));
            Assert.Null(own.Store.Additional.TryFind(added, withoutDirectory));
            Assert.Null(own.Store.Additional.TryFind(added, new LayerId(12345)));
            LayerId usable = OtherStore.Take(own.Store, sealedLayer);
            Assert.Contains("/s ", own.Show(usable), StringComparison.Ordinal);
        }
        Assert.Equal(before, _other.Listing());
    }

    [Fact]
    public void AIS_12_The_writable_store_comes_first_and_then_the_others_in_their_order()
    {
        using var second = new OtherStore();
        using var own = new OwnStore(_other.Root, second.Root);
        LayerId mine = OtherStore.Add(own.Store, own.Snapshotter, "echo mine > mine");
        LayerId[] first = _other.TakeAll(own.Store);
        LayerId other = OtherStore.Take(own.Store, second.Layers[0], number: 1);
        Assert.Equal(mine.Value, _other.Layers[0].Value);   // the same id in all three, and none is taken for another
        Assert.Equal(mine.Value, second.Layers[0].Value);
        Assert.StartsWith(own.Store.Root, own.Snapshotter.ChangesDirectory(mine), StringComparison.Ordinal);
        Assert.Contains("/mine ", own.Show(mine), StringComparison.Ordinal);
        Assert.NotEqual(first[0], other);
        Assert.Equal([_other.Root, second.Root], own.Store.Additional.All.Select(store => store.Path));
        own.Options = own.Options with { AdditionalStores = [second.Root, _other.Root, _other.Root + "/."] };
        own.Reopen();
        Assert.Equal([second.Root, _other.Root], own.Store.Additional.All.Select(store => store.Path));
        Assert.Equal<IEnumerable<LayerId>>(first, _other.Layers.Select(layer => OtherStore.Take(own.Store, layer, number: 1)));
    }

    [Fact]
    public void AIS_13_A_layer_of_another_store_cannot_be_written_to()
    {
        using var own = new OwnStore(_other.Root);
        LayerId layer = OtherStore.Take(own.Store, _other.Layers[0]);
        string changes = own.Snapshotter.ChangesDirectory(layer);
        IOException refused = Assert.Throws<IOException>(() => File.AppendAllText(Path.Combine(changes, "f"), "x"));
        Assert.Contains("Read-only file system", refused.Message, StringComparison.Ordinal);
        using RootedTree tree = RootedTree.Open(changes);
        NativeException native = Assert.Throws<NativeException>(() => tree.WriteFile("/new", "x"u8, 0x1a4, null, null));
        Assert.Contains("the store is read-only", native.Reason, StringComparison.Ordinal);
        Assert.Contains("snapshot on top", native.Remedy, StringComparison.Ordinal);
        using SnapshotView view = own.Snapshotter.View([layer]);
        Assert.Throws<IOException>(() => File.WriteAllText(Path.Combine(view.Attach(), "f"), "x"));
    }

    [Fact]
    public void AIS_14_A_mount_that_was_removed_by_hand_is_made_again()
    {
        using var own = new OwnStore(_other.Root);
        LayerId layer = OtherStore.Take(own.Store, _other.Layers[0]);
        SnapshotView view = own.Snapshotter.View([layer]);
        Shell.Run($"umount -l '{view.Attach()}'");
        using (SnapshotView next = own.Snapshotter.View([layer]))
        {
            Assert.Equal("one\n", File.ReadAllText(Path.Combine(next.Attach(), "f")));
            view.Dispose();
            Assert.Equal("one\n", File.ReadAllText(Path.Combine(next.Attach(), "f")));
        }
        Shell.Run($"umount -l '{Directory.GetDirectories(own.Store.Instance.RunDirectory, "additional-*").Single()}'");
        Assert.False(own.Snapshotter.Exists(layer));
        own.Store.Additional.Refresh();
        Assert.Contains("/f ", own.Show(layer), StringComparison.Ordinal);
    }

    [Fact]
    public void AIS_16_Where_layers_cannot_be_locked_the_store_is_taken_to_stay_as_it_is_and_one_warning_says_so()
    {
        using var directory = new TemporaryDirectory();
        using ChildProcess child = ChildProcess.Start(new ChildOptions { Fail = "additional.lock:*:error=ENOLCK" });
        Directory.CreateDirectory(directory["mounted"]);
        Shell.Run($"mount --bind '{_other.Root}' '{directory["mounted"]}' && mount -o remount,bind,ro '{directory["mounted"]}'");
        try
        {
            string[] said = child.Do("immutable", directory["root"], directory["run"], directory["mounted"], _other.Layers[0].ToString()).Split('\n');
            Assert.Equal("one", said[0]);
            Assert.Contains($"{directory["mounted"]} cannot be locked", Assert.Single(said[1..]), StringComparison.Ordinal);
            child.Exit();
        }
        finally
        {
            Shell.Run($"umount '{directory["mounted"]}'");
        }
    }

    [Fact]
    public void The_owner_cannot_delete_a_layer_while_somebody_reads_it_through_an_additional_store()
    {
        using var own = new OwnStore(_other.Root);
        LayerId layer = OtherStore.Take(own.Store, _other.Layers[0]);
        using StoreRoot owner = _other.Open();
        ISnapshotter snapshotter = SnapshotterFactory.Open(owner);
        using (own.Snapshotter.View([layer]))
        {
            BuildException used = Assert.Throws<BuildException>(() =>
                owner.Write(transaction => snapshotter.Remove(transaction, _other.Layers[0], force: false)));
            Assert.Contains($"in use by process {Environment.ProcessId}", used.Message, StringComparison.Ordinal);
            Assert.True(snapshotter.Exists(_other.Layers[0]));
        }
        owner.Write(transaction => snapshotter.Remove(transaction, _other.Layers[0], force: false));
        Assert.Throws<BuildException>(() => own.Snapshotter.View([layer]));
    }

    [Fact]
    public void Layers_with_files_in_common_are_told_apart_here_as_they_are_there()
    {
        LayerId a, b;
        using (StoreRoot owner = _other.Open())
        {
            ISnapshotter snapshotter = SnapshotterFactory.Open(owner);
            a = OtherStore.Add(owner, snapshotter, "echo same > a");
            using StagedLayer staged = snapshotter.Stage();
            Shell.Run($"ln '{snapshotter.ChangesDirectory(a)}/a' b", staged.Directory);
            staged.ShareFilesOf(a);
            _ = staged.Usage;
            b = owner.Write(staged.Publish);
        }
        string before = _other.Listing();
        using (var own = new OwnStore(_other.Root))
        {
            LayerId[] both = [OtherStore.Take(own.Store, a), OtherStore.Take(own.Store, b)];
            using SnapshotView view = own.Snapshotter.View(both);
            Assert.NotEqual(view.Tree.Status("/a", false)!.Identity, view.Tree.Status("/b", false)!.Identity);
            Assert.DoesNotContain(" = ", own.Show(both), StringComparison.Ordinal);
        }
        Assert.Equal(before, _other.Listing());
    }

    [Theory]
    [InlineData("overlay")]
    [InlineData("native")]
    public void Equal_inode_numbers_on_two_filesystems_are_not_taken_for_one_file(string driver)
    {
        // One group of blocks, so that both hand out the same numbers.
        using LoopFilesystem first = LoopFilesystem.Make("ext4", 32, ["-b", "4096"]);
        using LoopFilesystem second = LoopFilesystem.Make("ext4", 32, ["-b", "4096"]);
        using var one = new OtherStore(first.Path);
        using var two = new OtherStore(second.Path);
        // Which file has which number depends on when deleted ones were gone: both get one of a number that is new in both.
        Shell.Run($$"""
            homes="{{first.Path}} {{second.Path}}"
            for home in $homes; do mkdir $home/spare; (cd $home/spare; touch $(seq 500)); find $home/spare -type f -printf '%i\n' >> $home/numbers; done
            number=$(sort -n {{first.Path}}/numbers {{second.Path}}/numbers | uniq -d | tail -1)
            for home in $homes; do
              d=$home/root/layers/2/fs/d
              file=$(find $home/spare -inum $number)
              cat $d/two > $file; touch -r $d/two $file; touch -r $d $home/numbers
              mv $file $d/two; ln -f $d/two $d/twin; touch -r $home/numbers $d
              rm -r $home/spare $home/numbers
            done
            """);
        Assert.Equal(
            Shell.Run($"stat -c %i '{first.Path}/root/layers/2/fs/d/two'"), Shell.Run($"stat -c %i '{second.Path}/root/layers/2/fs/d/two'"));
        using var own = new OwnStore(driver, NullLoggerFactory.Instance, one.Root, two.Root);
        LayerId[] lower = [OtherStore.Take(own.Store, one.Layers[0])];
        LayerId rename = OtherStore.Add(own.Store, own.Snapshotter, "mkdir x; echo x > x/x");
        LayerId[] upper = [OtherStore.Take(own.Store, one.Layers[1]), rename, OtherStore.Take(own.Store, two.Layers[1], number: 1)];
        using (ActiveSnapshot active = own.Snapshotter.Prepare([upper[0]]))
        {
            Shell.Run("mv d y; mv y d2", active.Attach());
        }
        using StagedLayer staged = own.Snapshotter.Diff(lower, upper, CancellationToken.None);
        using SnapshotView expected = own.Snapshotter.View(upper);
        Assert.Equal("2\n", File.ReadAllText(Path.Combine(staged.Directory, "d/two")));
        string linked = TreeText.Of(expected.Tree).Split('\n').Single(line => line.StartsWith("/d/two ", StringComparison.Ordinal));
        Assert.Contains(linked, TreeText.Of(staged.Tree), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_index_of_a_store_is_copied_whole_while_its_owner_writes_to_it()
    {
        using StoreRoot owner = StoreRoot.Open(
            new StoreOptions { Root = _other.Root, RunRoot = _other.RunRoot }, [StoreCommands.Notes]);
        using var own = new OwnStore(_other.Root);
        using var stop = new CancellationTokenSource();
        // Each transaction replaces all rows by others of one text, and now and then the log is emptied.
        Task writing = Task.Factory.StartNew(
            () =>
            {
                for (int i = 0; !stop.IsCancellationRequested; i++)
                {
                    owner.Write(transaction =>
                    {
                        transaction.Command("DELETE FROM notes").ExecuteNonQuery();
                        Microsoft.Data.Sqlite.SqliteCommand insert = transaction.Command(
                            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300) INSERT INTO notes SELECT $text || hex(zeroblob(100)) FROM n");
                        insert.Parameters.AddWithValue("$text", i.ToString(System.Globalization.CultureInfo.InvariantCulture));
                        insert.ExecuteNonQuery();
                    });
                    if (i % 7 == 0)
                    {
                        owner.Read(connection =>
                        {
                            using Microsoft.Data.Sqlite.SqliteCommand checkpoint = connection.CreateCommand();
                            checkpoint.CommandText = "PRAGMA wal_checkpoint(PASSIVE)";
                            return checkpoint.ExecuteScalar();
                        });
                    }
                }
            },
            TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (seen.Count < Soak.Choose(40, 1000))
        {
            if (writing.IsCompleted)
            {
                await writing;   // it has failed
            }
            own.Store.Additional.Refresh();
            string state = own.Store.Additional.All[0].Read(
                connection =>
                {
                    using Microsoft.Data.Sqlite.SqliteCommand select = connection.CreateCommand();
                    select.CommandText = "SELECT count(*) || ' ' || count(DISTINCT text) || ' ' || coalesce(max(text), '') FROM notes";
                    return (string)select.ExecuteScalar()!;
                },
                "left out");
            Assert.Matches("^(0 0|300 1) ", state + " ");
            seen.Add(state);
        }
        await stop.CancelAsync();
        await writing;
        Assert.Empty(own.Store.Additional.Warnings);
    }

    [Fact]
    public void A_newer_or_damaged_store_is_left_out_with_one_warning_until_it_changes()
    {
        using var log = new WarningLog();
        byte[] index = [];
        using (StoreRoot owner = _other.Open())
        {
            owner.Write(transaction => transaction.Command("UPDATE store SET format = 99").ExecuteNonQuery());
        }
        using var own = new OwnStore(null, log, _other.Root);
        own.Store.Additional.Refresh();
        string warning = Assert.Single(log.Warnings);
        Assert.Contains(_other.Root, warning, StringComparison.Ordinal);
        Assert.Contains("format 99", warning, StringComparison.Ordinal);
        Assert.Single(own.Store.Additional.Warnings);
        Assert.Null(own.Store.Additional.TryFind(own.Store.Additional.All[0], _other.Layers[0]));

        foreach (string name in (string[])["cairn.db", "cairn.db-wal"])
        {
            string path = Path.Combine(_other.Root, name);
            index = File.ReadAllBytes(path);
            File.WriteAllBytes(path, new byte[index.Length]);
        }
        own.Store.Additional.Refresh();
        own.Store.Additional.Refresh();
        Assert.Equal(2, log.Warnings.Count);
        Assert.Contains("index is damaged", log.Warnings.Last(), StringComparison.Ordinal);
        Assert.Contains("/mine ", own.Show(OtherStore.Add(own.Store, own.Snapshotter, "echo > mine")), StringComparison.Ordinal);
    }

    [Fact]
    public void A_path_that_is_no_store_is_an_error_of_whoever_gave_it()
    {
        using var directory = new TemporaryDirectory();
        Directory.CreateDirectory(directory["empty"]);
        foreach ((string path, string reason) in ((string, string)[])[(directory["none"], "no such directory"), (directory["empty"], "no store")])
        {
            BuildException refused = Assert.Throws<BuildException>(() => new OwnStore(path));
            Assert.Equal(ErrorKind.Input, refused.Kind);
            Assert.Contains(path, refused.Message, StringComparison.Ordinal);
            Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
        }
        BuildException itself = Assert.Throws<BuildException>(() => StoreRoot.Open(
            new StoreOptions { Root = _other.Root, RunRoot = _other.RunRoot, AdditionalStores = [_other.Root] }, []));
        Assert.Contains("the store itself", itself.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_store_that_was_copied_and_then_went_another_way_is_not_taken_for_the_original()
    {
        using var own = new OwnStore(_other.Root);
        LayerId layer;
        using var directory = new TemporaryDirectory();
        Shell.Run($"cp -a '{_other.Root}' '{directory["copy"]}'");
        using (StoreRoot owner = _other.Open())
        {
            layer = OtherStore.Take(own.Store, Refreshed(own, OtherStore.Add(owner, SnapshotterFactory.Open(owner), "echo original > o")));
        }
        using (StoreRoot copy = StoreRoot.Open(new StoreOptions { Root = directory["copy"], RunRoot = directory["run"] }, []))
        {
            OtherStore.Add(copy, SnapshotterFactory.Open(copy), "echo other > o; echo more > p");
        }
        own.Options = own.Options with { AdditionalStores = [directory["copy"]] };
        own.Reopen();
        Assert.False(own.Snapshotter.Exists(layer));
        own.Options = own.Options with { AdditionalStores = [directory["copy"], _other.Root] };
        own.Reopen();
        Assert.Equal("original\n", File.ReadAllText(Path.Combine(own.Snapshotter.ChangesDirectory(layer), "o")));

        static LayerId Refreshed(OwnStore own, LayerId layer)
        {
            own.Store.Additional.Refresh();
            return layer;
        }
    }
}
