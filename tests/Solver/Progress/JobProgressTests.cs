using Cairn.Llb;
using Cairn.Solver.Progress;
using Xunit;

namespace Cairn.Solver.Tests.Progress;

public sealed class JobProgressTests
{
    private static readonly DateTimeOffset Time = DateTimeOffset.UnixEpoch.AddDays(1);
    private static readonly Digest A = Digest.Sha256("a"u8);
    private static readonly Digest B = Digest.Sha256("b"u8);
    private static readonly Digest C = Digest.Sha256("c"u8);

    private readonly RecordedProgress _told = new();
    private readonly JobProgress _progress;

    public JobProgressTests()
    {
        _progress = new JobProgress(_told, TimeProvider.System);
        _progress.Announce(A, "a", [], null);
        _progress.Announce(B, "b", [A], null);
        _progress.Announce(C, "c", [B, A], null);
    }

    [Fact]
    public void Inputs_that_never_ran_are_told_as_cached_before_what_stands_on_them()
    {
        _progress.Start(C, Time, WorkInterval.Running);

        VertexEvent[] told = [.. _told.Vertices.Skip(3)];
        Assert.Equal(["a", "b", "c"], told.Select(static news => news.Name));
        Assert.All(told.Take(2), static news => Assert.True(news is { Cached: true, Started: not null, Completed: not null }));
        Assert.Null(told[2].Completed);
    }

    [Fact]
    public void A_step_that_fails_before_it_runs_does_not_call_its_inputs_cached()
    {
        _progress.Start(C, Time, WorkInterval.Resolving);
        _progress.Complete(C, Time, "not found");
        _progress.Close();

        Assert.Equal("not found", _told.Last["c"].Error);
        Assert.All([_told.Last["a"], _told.Last["b"]], static news => Assert.True(news is { Cached: false, Started: null }));
    }

    [Fact]
    public void An_input_that_ran_is_left_alone()
    {
        _progress.Start(A, Time, WorkInterval.Running);
        _progress.Complete(A, Time, null);
        _progress.Start(B, Time, WorkInterval.Running);

        Assert.False(_told.Last["a"].Cached);
    }

    [Fact]
    public void What_is_open_at_the_end_is_told_as_cancelled_and_nothing_follows()
    {
        _progress.Start(A, Time, WorkInterval.Running);
        _progress.Close();
        _progress.Start(B, Time, WorkInterval.Running);

        Assert.Equal("context canceled", _told.Last["a"].Error);
        Assert.NotNull(_told.Last["a"].Completed);
        Assert.Null(_told.Last["b"].Started);
    }

    [Fact]
    public void A_build_that_joins_late_hears_what_was_said_before()
    {
        var channel = new VertexChannel(A, TimeProvider.System);
        channel.Start(WorkInterval.Running);
        channel.Log(1, "hello"u8);
        channel.Join(_progress);

        Assert.NotNull(_told.Last["a"].Started);
        Assert.Equal("hello"u8.ToArray(), _told.Events.OfType<LogEvent>().Single().Bytes.ToArray());
    }

    [Fact]
    public void Work_is_told_under_the_digest_of_every_vertex_that_lives_on_it()
    {
        var leader = new VertexChannel(Digest.Sha256("elsewhere"u8), TimeProvider.System);
        var follower = new VertexChannel(A, TimeProvider.System);
        follower.Join(_progress);
        leader.Start(WorkInterval.Running);
        leader.AddFollower(follower);
        leader.Log(2, "warning"u8);
        using (leader.Step("resolve x"))
        {
        }

        leader.Complete(error: null);

        Assert.NotNull(_told.Last["a"].Completed);
        Assert.All(_told.Events.OfType<LogEvent>(), static log => Assert.Equal(A, log.Vertex));
        Assert.Equal(2, _told.Events.OfType<StatusEvent>().Count(static status => status.Vertex == A));
    }
}
