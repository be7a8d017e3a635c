using Cairn.Snapshotter.Store;
using Cairn.Tests.Harness;
using Xunit;

namespace Cairn.Snapshotter.Tests.Support;

/// <summary>What other tests rely on is shown to work, and to be able to fail.</summary>
public sealed class HarnessTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_child_does_commands_and_says_what_went_wrong()
    {
        using ChildProcess child = ChildProcess.Start();
        child.Do("open", _directory["root"], _directory["run"]);
        string layer = child.Do("layer", "/a b=ü %\n");
        child.Do("view", "v", layer);
        Assert.Equal("ü %\n", child.Do("read", "v", "/a b"));
        ChildException error = Assert.Throws<ChildException>(() => child.Do("read", "v", "/none"));
        Assert.Equal("FileNotFoundException", error.Kind);
        Assert.Throws<ChildException>(() => child.Do("no-such-command"));
        child.Do("dispose", "v");
        child.Do("close");
        child.Exit();
    }

    [Fact]
    public void Failpoints_kill_stop_pause_and_fail()
    {
        using ChildProcess child = ChildProcess.Start();
        child.Do("open", _directory["root"], _directory["run"]);
        child.Do("fail", "transaction.written:2:error=ENOSPC");
        child.Do("note", "first");
        Assert.Equal("NativeException", Assert.Throws<ChildException>(() => child.Do("note", "second")).Kind);
        child.Do("note", "third");

        child.Do("fail", "transaction.written:1:stop");
        child.Send("note", "fourth");
        child.AwaitStopped();
        child.Continue();
        child.Answer();

        child.Do("fail", $"turn.taken:1:pause-until={_directory["go"]}");
        child.Send("note", "fifth");
        Await.File(_directory["go.reached"]);
        File.WriteAllText(_directory["go"], "");
        child.Answer();

        child.Do("fail", "transaction.written:1:kill");
        child.DoAndDie("note", "sixth");
        using ChildProcess again = ChildProcess.Start(new ChildOptions { Fail = "turn.released:1:kill" });
        again.Do("open", _directory["root"], _directory["run"]);
        Assert.Equal("first\nthird\nfourth\nfifth", again.Do("query", "SELECT text FROM notes ORDER BY rowid"));
        again.DoAndDie("note", "seventh");
    }

    [Fact]
    public void A_recording_tells_calls_between_marks()
    {
        using ChildProcess child = ChildProcess.Start(new ChildOptions { Trace = "flock,mkdirat,getdents64" });
        child.Do("open", _directory["root"], _directory["run"]);
        child.Do("mark", "begin");
        child.Do("note", "x");
        child.Do("mark", "end");
        child.Do("close");
        Recording all = child.ExitAndRead();
        Recording write = all.Between("begin", "end");
        Assert.Single(write.Calls, static call => call.TakesExclusiveLock && call.Target.EndsWith("/root/lock", StringComparison.Ordinal));
        Assert.Empty(write.Of("mkdirat"));
        Assert.Contains(all.Of("mkdirat", "layers"), static call => call.Target.EndsWith("/root/layers", StringComparison.Ordinal));
        Assert.Contains(all.WritesBelow(_directory["root"]), static call => call.Target.EndsWith("/root/lock", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("ext4", 32)]
    [InlineData("xfs", 300)]
    [InlineData("btrfs", 128)]
    public void A_filesystem_of_its_own_holds_a_store(string kind, int megabytes)
    {
        using LoopFilesystem filesystem = LoopFilesystem.Make(kind, megabytes, null, "noatime");
        using (StoreRoot store = StoreRoot.Open(
            new StoreOptions { Root = Path.Combine(filesystem.Path, "root"), RunRoot = _directory["run"] }, []))
        {
            Assert.Equal("0", Shell.Run($"find {filesystem.Path}/root/layers -mindepth 1 | wc -l").Trim());
        }
        Assert.Contains(kind, Shell.Run($"findmnt -no FSTYPE {filesystem.Path}"), StringComparison.Ordinal);
    }

    [Fact]
    public void Figures_of_long_runs_are_noted()
    {
        Soak.Note("the harness notes a figure", 1, 0, ("half", 0.5));
        Assert.InRange(Soak.Random().Next(), 0, int.MaxValue);
    }
}
