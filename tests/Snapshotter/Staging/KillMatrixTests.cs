using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Store;
using Cairn.Snapshotter.Tests.Support;
using Cairn.Snapshotter.Trees;
using Cairn.Tests.Harness;
using Xunit;

namespace Cairn.Snapshotter.Tests.Staging;

/// <summary>A process that makes a layer is killed, or held, at each step; another one looks, before and after, and a new one comes.</summary>
public sealed class KillMatrixTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    /// <summary>Steps of one publication, and whether the layer is there when the process ends at it.</summary>
    public static TheoryData<string, bool> Steps { get; } = new()
    {
        { "instance.made", false },
        { "instance.locked", false },
        { "staging.made", false },
        { "turn.taken", false },
        { "transaction.begun", false },
        { "layer.inserted", false },
        { "publish.renamed", false },
        { "transaction.written", false },
        { "transaction.committed", true },
        { "turn.released", true },
    };

    private StoreOptions Options => new() { Root = _directory["root"], RunRoot = _directory["run"], Driver = "overlay" };

    public void Dispose() => _directory.Dispose();

    [Theory]
    [MemberData(nameof(Steps))]
    public async Task STG_01_LCK_05_LCK_08_A_kill_at_any_step_leaves_all_or_nothing(string step, bool isThere)
    {
        using StoreRoot beside = StoreRoot.Open(Options, [StoreCommands.Notes]);
        ISnapshotter seen = SnapshotterFactory.Open(beside);
        using (StagedLayer first = seen.Stage())
        {
            first.Tree.WriteFile("/before", "x"u8, 0x1a4, FileOwner.Root, null);
            _ = first.Usage;
            beside.Write(first.Publish);
        }
        Assert.Equal("1", StoreChecks.Scalar(beside, "SELECT count(*) FROM layers"));   // a connection that has seen the old state

        using (ChildProcess child = ChildProcess.Start())
        {
            bool atOpen = step.StartsWith("instance.", StringComparison.Ordinal);
            if (!atOpen)
            {
                child.Do("open", Options.Root, Options.RunRoot);
            }
            child.Do("fail", $"{step}:1:kill");
            child.DoAndDie(atOpen ? "open" : "layer", atOpen ? [Options.Root, Options.RunRoot] : ["/new=content"]);
        }

        // The one that was there all the time needs no repair, no look at locks, and no second try.
        long turns = beside.WriteTurns.Turns;
        Assert.Equal(isThere ? "2" : "1", StoreChecks.Scalar(beside, "SELECT count(*) FROM layers"));
        foreach (LayerId layer in StoreChecks.Layers(beside))
        {
            Assert.Empty(StoreChecks.Problems(seen, layer));
        }
        Assert.Equal(turns, beside.WriteTurns.Turns);
        beside.Write(static transaction => transaction.Command("INSERT INTO notes VALUES ('the turn is free')").ExecuteNonQuery());

        using StoreRoot fresh = StoreRoot.Open(Options, [StoreCommands.Notes]);
        ISnapshotter snapshotter = SnapshotterFactory.Open(fresh);
        Assert.Empty(StoreChecks.Problems(fresh, snapshotter));
        Assert.Equal(isThere ? "2" : "1", StoreChecks.Scalar(fresh, "SELECT count(*) FROM layers"));
        await fresh.EmptyTrashAsync(TestContext.Current.CancellationToken);
        Assert.Empty(StoreChecks.Entries(fresh, "staging"));
        Assert.Empty(StoreChecks.Entries(fresh, "trash"));
        Assert.Equal(
            new[] { beside.Instance.Id, fresh.Instance.Id }.Order(StringComparer.Ordinal), StoreChecks.Entries(fresh, "instances"));
        Assert.Equal("ok", StoreChecks.Scalar(fresh, "PRAGMA integrity_check"));
    }

    [Fact]
    public void STG_01_A_kill_while_the_directory_is_filled_leaves_nothing()
    {
        using (ChildProcess child = ChildProcess.Start())
        {
            child.Do("open", Options.Root, Options.RunRoot);
            child.Do("stage", "half", "/a=1");
            child.Do("fill", "half", "/b=2");
            child.Kill();
        }
        using StoreRoot fresh = StoreRoot.Open(Options, [StoreCommands.Notes]);
        Assert.Empty(StoreChecks.Entries(fresh, "staging"));
        Assert.Empty(StoreChecks.Entries(fresh, "layers"));
    }

    // The log of the index is written in pieces; a kill at each write, whatever it is in the middle of, is the old state or the new one.
    [Fact]
    public void LCK_08_A_kill_in_the_middle_of_writing_the_index_leaves_the_old_state_or_the_new_one()
    {
        using StoreRoot beside = StoreRoot.Open(Options, [StoreCommands.Notes]);
        beside.Write(static transaction => transaction.Command("INSERT INTO notes VALUES ('first')").ExecuteNonQuery());
        string log = Path.Combine(Options.Root, "cairn.db-wal");
        int old = 0;
        int complete = 0;
        for (int at = 1; complete == 0; at++)
        {
            string before = StoreChecks.Scalar(beside, "SELECT count(*) FROM notes");
            var options = new ChildOptions
            {
                Under =
                [
                    "strace", "-f", "-qq", "-o", "/dev/null", "-P", log, "-e", "trace=pwrite64",
                    "-e", $"inject=pwrite64:signal=SIGKILL:when={at}",
                ],
            };
            using (ChildProcess child = ChildProcess.Start(options))
            {
                child.Send("open", Options.Root, Options.RunRoot);
                child.Send("note", [$"many {at}", .. Enumerable.Repeat(new string('x', 3000), 5)]);
                try
                {
                    child.Answer();
                    child.Answer();
                    complete++;   // it writes less often than that
                    child.Kill();
                }
                catch (ChildException e) when (e.Kind == "Ended")
                {
                    old++;
                }
            }
            string after = StoreChecks.Scalar(beside, "SELECT count(*) FROM notes");
            Assert.Contains(after, (string[])[before, $"{int.Parse(before, System.Globalization.CultureInfo.InvariantCulture) + 6}"]);
            using StoreRoot fresh = StoreRoot.Open(Options, [StoreCommands.Notes]);
            Assert.Equal(after, StoreChecks.Scalar(fresh, "SELECT count(*) FROM notes"));
            Assert.Equal("ok", StoreChecks.Scalar(fresh, "PRAGMA integrity_check"));
            fresh.Write(static transaction => transaction.Command("INSERT INTO notes VALUES ('the lock is free')").ExecuteNonQuery());
        }
        Assert.True(old >= 4, $"killed in {old} writes only");
        Soak.Note("kills in the middle of writing the log of the index", old, 0);
    }

    [Theory]
    [MemberData(nameof(Steps))]
    public async Task STG_06_Whoever_tidies_up_leaves_a_living_process_alone_at_any_step(string step, bool isThere)
    {
        _ = isThere;   // it ends well at every step
        using (StoreRoot.Open(Options, [StoreCommands.Notes]))
        {
        }
        string go = _directory["go"];
        bool atOpen = step.StartsWith("instance.", StringComparison.Ordinal);
        using ChildProcess child = ChildProcess.Start();
        if (!atOpen)
        {
            child.Do("open", Options.Root, Options.RunRoot);
        }
        child.Do("fail", $"{step}:1:pause-until={go}");
        if (atOpen)
        {
            child.Send("open", Options.Root, Options.RunRoot);
        }
        child.Send("layer", "/new=content");
        Await.File(go + ".reached");

        // Opening takes the write turn, which is free again when the other goes on.
        using ChildProcess tidier = ChildProcess.Start();
        tidier.Send("open", Options.Root, Options.RunRoot);
        tidier.Send("empty-trash");
        bool inTurn = step is "turn.taken" or "transaction.begun" or "layer.inserted" or "publish.renamed" or "transaction.written"
            or "transaction.committed";
        if (!inTurn)
        {
            tidier.Answer();
            tidier.Answer();
        }
        File.WriteAllText(go, "");
        if (inTurn)
        {
            tidier.Answer();
            tidier.Answer();
        }
        if (atOpen)
        {
            child.Answer();
        }
        string layer = child.Answer();
        child.Do("view", "v", layer);
        Assert.Equal("content", child.Do("read", "v", "/new"));
        child.Do("dispose", "v");
        child.Do("close");
        tidier.Do("close");

        using StoreRoot fresh = StoreRoot.Open(Options, [StoreCommands.Notes]);
        await fresh.EmptyTrashAsync(TestContext.Current.CancellationToken);
        Assert.Empty(StoreChecks.Problems(fresh, SnapshotterFactory.Open(fresh)));
        Assert.Equal("1", StoreChecks.Scalar(fresh, "SELECT count(*) FROM layers"));
        Assert.Empty(StoreChecks.Entries(fresh, "staging"));
        Assert.Equal([fresh.Instance.Id], StoreChecks.Entries(fresh, "instances"));
    }
}
