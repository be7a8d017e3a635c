using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Store;
using Cairn.Snapshotter.Tests.Durability;
using Cairn.Snapshotter.Tests.Support;
using Cairn.Tests.Harness;
using Xunit;

namespace Cairn.Snapshotter.Tests.Deletion;

/// <summary>Processes that die, stop or meet others in the middle of a deletion.</summary>
public sealed class CrashTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private StoreOptions Options => new() { Root = _directory["root"], RunRoot = _directory["run"] };

    private StoreOptions LongLived => Options with
    {
        IsLongLived = true, RecoveryInterval = TimeSpan.FromMilliseconds(50), SealInterval = TimeSpan.FromMilliseconds(50),
    };

    public void Dispose() => _directory.Dispose();

    // The steps of a deletion: in the turn before anything is done; renamed but not committed; committed; deleting; deleted.
    [Theory]
    [InlineData("turn.taken:1", true)]
    [InlineData("transaction.begun:1", true)]
    [InlineData("trash.renamed:1", true)]
    [InlineData("transaction.written:1", true)]
    [InlineData("transaction.committed:1", false)]
    [InlineData("turn.released:1", false)]
    [InlineData("log.flushed:1", false)]
    [InlineData("tree.unlink:20", false)]
    [InlineData("trash.deleted:1", false)]
    public void DEL_01_Killed_at_any_step_the_layer_is_whole_or_gone(string point, bool stays)
    {
        foreach (bool beside in (bool[])[false, true])
        {
            using ChildProcess child = ChildProcess.Start();
            child.Do("open", Options.Root, Options.RunRoot);
            string kept = child.Do("layer", "/a=kept");
            string removed = child.Do("make-layers", "1", "40");
            using StoreRoot? other = beside ? StoreRoot.Open(LongLived, [StoreCommands.Notes]) : null;
            child.Do("fail", point + ":kill");
            try
            {
                child.Do("remove", removed);
                child.DoAndDie("empty-trash");
            }
            catch (ChildException e) when (e.Kind == "Ended")
            {
                // It died in the first of the two.
            }
            if (other is not null)
            {
                Await.True(() => StoreCheck.Names(other, "instances").SequenceEqual([other.Instance.Id]), "the dead one is taken over");
                Await.True(() => StoreCheck.Names(other, "trash").Length == 0, "the trash is empty");
                Assert.Empty(other.ReclaimedInstances);   // it was not there when this one was opened
                StoreCheck.Whole(other);
            }
            IReadOnlyList<LayerId> layers = StoreCheck.Whole(Options);
            Assert.Contains(StoreCheck.Id(kept), layers);
            Assert.Equal(stays, layers.Contains(StoreCheck.Id(removed)));
        }
    }

    [Fact]
    public void DEL_05_What_a_killed_process_was_deleting_is_reclaimed_by_one_that_lives()
    {
        using StoreRoot daemon = StoreRoot.Open(LongLived, [StoreCommands.Notes]);
        using ChildProcess child = ChildProcess.Start();
        string instance = child.Do("open", Options.Root, Options.RunRoot);
        string layer = child.Do("make-layers", "1", "300");
        child.Do("stage", "left", "/f=never published");
        child.Do("fail", "tree.unlink:100:kill");
        child.Do("remove", layer);
        child.DoAndDie("empty-trash");
        // Nothing is asked of it, and it was open before.
        Await.True(() => StoreCheck.Names(daemon, "trash").Length == 0 && !StoreCheck.Names(daemon, "instances").Contains(instance), "it is reclaimed");
        Assert.Empty(StoreCheck.Names(daemon, "staging"));
        Assert.True(new StoreOptions { Root = "/", RunRoot = "/" }.RecoveryInterval < TimeSpan.FromSeconds(10));
    }

    [Fact]
    public void DEL_07_The_trash_of_a_stopped_process_is_its_own_until_it_is_killed()
    {
        using ChildProcess child = ChildProcess.Start();
        string instance = child.Do("open", Options.Root, Options.RunRoot);
        string layer = child.Do("make-layers", "1", "300");
        child.Do("fail", "tree.unlink:100:stop");
        child.Do("remove", layer);
        child.Send("empty-trash");
        child.AwaitStopped();
        using (StoreRoot store = StoreRoot.Open(Options, [StoreCommands.Notes]))
        {
            Assert.Empty(store.ReclaimedInstances);
            string left = Assert.Single(StoreCheck.Names(store, "trash"), static name => name.Contains("+layers+", StringComparison.Ordinal));
            Assert.StartsWith(instance, left, StringComparison.Ordinal);
            Assert.InRange(Directory.GetFiles(Path.Combine(store.Root, "trash", left, "fs")).Length, 150, 250);
        }
        child.Kill();
        using (StoreRoot store = StoreRoot.Open(Options, [StoreCommands.Notes]))
        {
            Assert.Equal([instance], store.ReclaimedInstances);
        }
        Assert.Empty(StoreCheck.Whole(Options));
    }

    [Fact]
    public void DEL_08_Who_is_taken_for_dead_before_it_has_locked_takes_a_new_name()
    {
        using (StoreRoot.Open(Options, [StoreCommands.Notes]))
        {
        }
        using ChildProcess creator = ChildProcess.Start(new ChildOptions { Fail = "instance.made:1:stop" });
        creator.Send("open", Options.Root, Options.RunRoot);
        creator.AwaitStopped();
        string first = Path.GetFileName(Assert.Single(Directory.GetFiles(_directory["root/instances"])));
        using StoreRoot store = StoreRoot.Open(Options, [StoreCommands.Notes]);
        Assert.Equal([first], store.ReclaimedInstances);
        creator.Continue();
        string second = creator.Answer();
        Assert.NotEqual(first, second);
        Assert.True(store.IsInstanceAlive(second));
        Assert.Equal(
            new[] { store.Instance.Id, second }.Order(StringComparer.Ordinal), StoreCheck.Names(store, "instances").Order(StringComparer.Ordinal));
        Assert.Equal(2, Directory.GetDirectories(Path.GetDirectoryName(store.Instance.RunDirectory)!).Length);
        creator.Do("layer", "/f=it works");
    }

    [Fact]
    public void DEL_09_A_recoverer_that_locks_what_is_no_longer_there_does_nothing()
    {
        using ChildProcess dead = ChildProcess.Start();
        string instance = dead.Do("open", Options.Root, Options.RunRoot);
        dead.Kill();
        using ChildProcess recoverer = ChildProcess.Start(new ChildOptions { Fail = "instance.opened:1:stop" });
        recoverer.Send("open", Options.Root, Options.RunRoot);
        recoverer.AwaitStopped();   // it has the file open, and has not locked it
        string path = Path.Combine(_directory["root/instances"], instance);
        File.Delete(path);
        using FileStream owner = new(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);   // the same name, locked by somebody else
        string staged = Path.Combine(_directory["root/staging"], instance + "-1-test");
        Directory.CreateDirectory(staged);
        recoverer.Continue();
        recoverer.Answer();
        Assert.Equal("", recoverer.Do("reclaimed"));
        Assert.True(File.Exists(path));
        Assert.True(Directory.Exists(staged));
    }

    [Fact]
    public void DEL_15_Of_two_processes_that_delete_a_layer_one_has_deleted_it()
    {
        using ChildProcess one = ChildProcess.Start();
        using ChildProcess two = ChildProcess.Start();
        one.Do("open", Options.Root, Options.RunRoot);
        two.Do("open", Options.Root, Options.RunRoot);
        string layer = one.Do("layer", "/f=x");
        string go = _directory["go"];
        one.Do("fail", $"transaction.written:1:pause-until={go}");
        one.Send("remove", layer);
        Await.File(go + ".reached");
        two.Send("remove", layer);   // waits for the turn
        File.WriteAllText(go, "");
        Assert.Equal("1", one.Answer());
        Assert.Equal("0", two.Answer());
        Assert.Single(Directory.GetFileSystemEntries(_directory["root/trash"]));
        one.Do("empty-trash");
        Assert.Empty(Directory.GetFileSystemEntries(_directory["root/trash"]));
    }

    [Theory]
    [InlineData("trash.renamed:1:error=EIO")]
    [InlineData("transaction.written:1:error=ENOSPC")]
    public void DEL_18_A_deletion_that_fails_leaves_the_layer_as_it_was(string failure)
    {
        using ChildProcess child = ChildProcess.Start();
        child.Do("open", Options.Root, Options.RunRoot);
        string layer = child.Do("layer", "/f=content");
        File.Delete(_directory["root/reserve"]);   // else it is done once more with that
        child.Do("fail", failure);
        ChildException error = Assert.Throws<ChildException>(() => child.Do("remove", layer));
        Assert.Equal("NativeException", error.Kind);
        Assert.Equal("true", child.Do("exists", layer));
        child.Do("view", "v", layer);
        Assert.Equal("content", child.Do("read", "v", "/f"));
        child.Do("dispose", "v");
        Assert.Empty(Directory.GetFileSystemEntries(_directory["root/trash"]));
        Assert.Equal("1", child.Do("remove", layer));   // nothing is left of the failure
        child.Do("empty-trash");
        child.Do("close");
        Assert.Empty(StoreCheck.Whole(Options));
    }

    [Fact]
    public async Task DEL_20_Several_that_find_the_same_garbage_remove_it_once()
    {
        using (StoreRoot.Open(Options, [StoreCommands.Notes]))
        {
        }
        for (int i = 0; i < 25; i++)
        {
            string id = $"{i:x16}";
            File.WriteAllText(Path.Combine(_directory["root/instances"], id), "");
            Directory.CreateDirectory(Path.Combine(_directory["root/staging"], id + "-1-layer", "fs", "sub"));
            Directory.CreateDirectory(Path.Combine(_directory["root/trash"], id + "-2", "fs", "sub"));
        }
        var children = new List<ChildProcess>();
        try
        {
            children.AddRange(Enumerable.Range(0, 4).Select(static _ => ChildProcess.Start()));
            string[] found = await Task.WhenAll(children.Select(child => Task.Run(() =>
            {
                child.Do("open", Options.Root, Options.RunRoot);
                child.Do("empty-trash");
                return child.Do("reclaimed");
            })));
            string[] all = [.. found.SelectMany(static ids => ids.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Order(StringComparer.Ordinal)];
            Assert.Equal(Enumerable.Range(0, 25).Select(static i => $"{i:x16}"), all);   // each by one of them, and nobody saw an error
            Assert.Empty(Directory.GetFileSystemEntries(_directory["root/staging"]));
            Assert.Empty(Directory.GetFileSystemEntries(_directory["root/trash"]));
            Assert.Equal(4, Directory.GetFiles(_directory["root/instances"]).Length);
        }
        finally
        {
            children.ForEach(static child => child.Dispose());
        }
    }
}
