using System.Globalization;
using Cairn.Llb;
using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Store;
using Cairn.Snapshotter.Tests.Support;
using Cairn.Tests.Harness;
using Xunit;

namespace Cairn.Snapshotter.Tests.Locking;

/// <summary>The write turn between processes.</summary>
public sealed class TurnTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void LCK_09_A_writer_gets_its_turn_while_eight_processes_take_theirs_without_a_pause()
    {
        string done = _directory["done"];
        ChildProcess[] busy = [.. Enumerable.Range(0, 8).Select(_ => Open())];
        using ChildProcess writer = Open();
        foreach (ChildProcess child in busy)
        {
            child.Send("write-until", done, "0.2");
        }
        int turns = Soak.Choose(200, 5000);
        string[] waited = writer.Do("wait-for-turns", $"{turns}").Split(' ');
        File.WriteAllText(done, "");
        long all = busy.Sum(static child => long.Parse(child.Answer(), CultureInfo.InvariantCulture));
        foreach (ChildProcess child in busy)
        {
            child.Dispose();
        }
        double longest = double.Parse(waited[0], CultureInfo.InvariantCulture);
        long most = long.Parse(waited[1], CultureInfo.InvariantCulture);
        Soak.Note(
            "write turns of one process while eight others take theirs without a pause", turns, 0,
            ("longest wait in ms", longest), ("most turns of others in one wait", most), ("turns of the others", all));
        // Eight are before it at most, each once, and more come while it has no processor. Without the gate these are thousands.
        Assert.True(most < 1000, $"others had {most} turns while one process waited for its own, {longest} ms");
    }

    [Fact]
    public void LCK_10_A_program_that_a_process_has_started_does_not_keep_its_locks()
    {
        using StoreRoot store = StoreRoot.Open(
            new StoreOptions { Root = _directory["root"], RunRoot = _directory["run"] }, [StoreCommands.Notes]);
        ISnapshotter snapshotter = SnapshotterFactory.Open(store);
        using ChildProcess child = Open();
        string instance = child.Do("use", "first");
        string layer = child.Do("layer", "/f=x");
        child.Do("view", "v", layer);
        child.Do("fail", $"turn.taken:1:pause-until={_directory["go"]}");
        child.Do("&", "t", "note", "never");
        Await.File(_directory["go.reached"]);
        int program = int.Parse(child.Do("spawn", "sleep", "60"), CultureInfo.InvariantCulture);   // while every lock is held
        Assert.True(store.IsInstanceAlive(instance));
        child.Kill();
        try
        {
            var removed = new LayerId(long.Parse(layer, CultureInfo.InvariantCulture));
            store.Write(transaction => snapshotter.Remove(transaction, removed, force: false));   // neither the turn nor the layer is held
            Assert.False(store.IsInstanceAlive(instance));
            Assert.True(Directory.Exists($"/proc/{program}"));
        }
        finally
        {
            Shell.Run($"kill {program}");
        }
    }

    [Fact]
    public void LCK_11_Closing_one_of_two_openings_in_a_process_leaves_the_locks_of_the_other()
    {
        using ChildProcess child = Open();
        string first = child.Do("use", "first");
        string layer = child.Do("layer", "/f=x");
        child.Do("view", "v", layer);
        string second = child.Do("open", _directory["root"], _directory["run"], "name=second");
        child.Do("view", "w", layer);
        child.Do("dispose", "w");
        child.Do("close", "second");
        child.Do("use", "first");
        using StoreRoot store = StoreRoot.Open(
            new StoreOptions { Root = _directory["root"], RunRoot = _directory["run"] }, [StoreCommands.Notes]);
        ISnapshotter snapshotter = SnapshotterFactory.Open(store);
        Assert.Empty(store.ReclaimedInstances);
        Assert.True(store.IsInstanceAlive(first));
        Assert.False(store.IsInstanceAlive(second));
        var used = new LayerId(long.Parse(layer, CultureInfo.InvariantCulture));
        Assert.Throws<BuildException>(() => store.Write(transaction => snapshotter.Remove(transaction, used, force: false)));
        Assert.Equal("x", child.Do("read", "v", "/f"));

        // The same for the turn: another opening comes and goes while it is held.
        child.Do("fail", $"turn.taken:1:pause-until={_directory["go"]}");
        child.Do("&", "t", "note", "held");
        Await.File(_directory["go.reached"]);
        Task<long> waiting = Task.Run(() => store.Write(static transaction => transaction.Sequence), TestContext.Current.CancellationToken);
        Await.True(() => Shell.Run("grep -c -- '->.*FLOCK.*WRITE' /proc/locks || true").Trim() != "0", "the other process waits for the turn");
        Assert.False(waiting.IsCompleted);
        File.WriteAllText(_directory["go"], "");
        child.Do("join", "t");
        Await.True(() => waiting.IsCompletedSuccessfully, "the turn came");
        Assert.Equal("held", StoreChecks.Scalar(store, "SELECT text FROM notes"));
    }

    private ChildProcess Open()
    {
        ChildProcess child = ChildProcess.Start();
        child.Do("open", _directory["root"], _directory["run"]);
        return child;
    }
}
