using Cairn.Solver.Execution;
using Xunit;

namespace Cairn.Solver.Tests.Execution;

public abstract partial class ContainerExecutorTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_live_process_reads_what_it_is_sent()
    {
        using LiveProcess live = LiveProcess.Create(hasTerminal: false, TimeProvider.System);
        Task<ExecExit> run = RunAsync("cat; echo end >&2; exit 3", live);

        await live.WriteAsync("one\n"u8.ToArray(), Cancelled);
        await SeenAsync("one");
        await live.WriteAsync("two\n"u8.ToArray(), Cancelled);
        live.CloseInput();

        Assert.Equal(3, (await run).Code);
        Assert.Equal(("one\ntwo\n", "end\n"), (_bench.Recorded.Output, _bench.Recorded.Errors));
        Assert.Empty(_bench.Leftovers());
    }

    [Fact]
    public async Task A_live_process_with_a_terminal_is_told_its_size()
    {
        using LiveProcess live = LiveProcess.Create(hasTerminal: true, TimeProvider.System);
        Task<ExecExit> run = RunAsync(
            "test -t 0 && test -t 1 && test -t 2 && echo sits; trap 'told=1' WINCH; echo ready; "
            + "until [ -n \"$told\" ] && [ \"$(/bin/busybox stty size 2>&1)\" = '33 77' ]; do sleep 0.02; done; echo told; while read line; do echo got $line; done",
            live);
        await SeenAsync("ready");

        await live.ResizeAsync(33, 77, Cancelled);
        await SeenAsync("told");
        await live.WriteAsync("hello\n"u8.ToArray(), Cancelled);
        await SeenAsync("got hello");
        await live.WriteAsync("\u0004"u8.ToArray(), Cancelled);

        Assert.Equal(0, (await run).Code);
        Assert.Contains("sits\r\n", _bench.Recorded.Output, StringComparison.Ordinal);
        Assert.Empty(_bench.Leftovers());
    }

    [Fact]
    public async Task More_processes_run_in_the_container_of_a_live_one_and_end_with_it()
    {
        using LiveProcess first = LiveProcess.Create(hasTerminal: false, TimeProvider.System);
        Task<ExecExit> run = RunAsync("hostname > /made; echo ready; cat", first);

        var output = new RecordedOutput();
        using (LiveProcess second = LiveProcess.Create(hasTerminal: false, TimeProvider.System))
        {
            Task<ExecExit> exec = _bench.Executor.ExecAsync(first, Request("until [ -e /made ]; do sleep 0.01; done; cat /made; test -d /proc/1 && readlink /proc/1/exe; exit 7"), output, second, Cancelled);
            Assert.Equal(7, (await exec).Code);
        }

        Assert.Equal("buildkitsandbox\n/bin/busybox\n", output.Output);
        using LiveProcess third = LiveProcess.Create(hasTerminal: true, TimeProvider.System);
        Task<ExecExit> endless = _bench.Executor.ExecAsync(first, Request("echo third; while :; do sleep 1000; done"), output, third, Cancelled);
        await output.SeenAsync("third").WaitAsync(Patience, Cancelled);

        first.CloseInput();
        Assert.Equal(0, (await run).Code);
        Assert.NotEqual(0, (await endless).Code);
        Assert.Empty(_bench.Leftovers());
    }

    [Fact]
    public async Task A_live_process_gets_signals()
    {
        using LiveProcess live = LiveProcess.Create(hasTerminal: false, TimeProvider.System);
        Task<ExecExit> run = RunAsync("trap 'echo usr' USR1; trap 'exit 5' TERM; echo ready; while :; do sleep 0.05; done", live);
        var output = new RecordedOutput();
        using LiveProcess second = LiveProcess.Create(hasTerminal: false, TimeProvider.System);
        await SeenAsync("ready");
        Task<ExecExit> exec = _bench.Executor.ExecAsync(live, Request("echo in; while read line; do :; done"), output, second, Cancelled);
        await output.SeenAsync("in").WaitAsync(Patience, Cancelled);

        await live.SignalAsync(10, Cancelled);
        await SeenAsync("usr");
        await second.SignalAsync(9, Cancelled);
        Assert.Equal(137, (await exec).Code);
        await live.SignalAsync(15, Cancelled);
        Assert.Equal(5, (await run).Code);
        await live.SignalAsync(15, Cancelled);   // nobody is there any more
        Assert.Empty(_bench.Leftovers());
    }

    [Fact]
    public async Task Cancelling_ends_one_process_and_not_its_container()
    {
        using LiveProcess live = LiveProcess.Create(hasTerminal: false, TimeProvider.System);
        Task<ExecExit> run = RunAsync("cat", live);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        var output = new RecordedOutput();
        using LiveProcess second = LiveProcess.Create(hasTerminal: false, TimeProvider.System);
        Task<ExecExit> exec = _bench.Executor.ExecAsync(live, Request("trap '' TERM; echo in; while :; do sleep 1000; done"), output, second, stop.Token);
        await output.SeenAsync("in").WaitAsync(Patience, Cancelled);

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => exec);
        await live.WriteAsync("still here\n"u8.ToArray(), Cancelled);
        await SeenAsync("still here");
        live.CloseInput();
        Assert.Equal(0, (await run).Code);
        Assert.Empty(_bench.Leftovers());
    }

    [Fact]
    public async Task A_program_that_is_not_there_ends_with_127()
    {
        using LiveProcess first = LiveProcess.Create(hasTerminal: false, TimeProvider.System);
        using LiveProcess live = LiveProcess.Create(hasTerminal: false, TimeProvider.System);
        Task<ExecExit> run = RunAsync("cat", first);

        ExecExit exec = await _bench.Executor.ExecAsync(first, Request("") with { Arguments = ["/no/such/program"] }, new RecordedOutput(), live, Cancelled);

        Assert.Equal(127, exec.Code);
        first.CloseInput();
        await run;
    }

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private ExecRequest Request(string script) => new()
    {
        RootPath = _bench.Root.Path, Arguments = ["/bin/sh", "-c", script], Environment = ["PATH=/bin"],
    };

    private Task<ExecExit> RunAsync(string script, LiveProcess live) => _bench.Executor.RunAsync(Request(script), _bench.Recorded, live, Cancelled);

    private Task SeenAsync(string text) => _bench.Recorded.SeenAsync(text).WaitAsync(Patience, Cancelled);
}
