using Cairn.Llb;
using Cairn.Solver.Ops;
using Cairn.Solver.Sessions;
using Cairn.Solver.Tests.Progress;
using Xunit;
using Definition = Cairn.Protos.Pb.Definition;

namespace Cairn.Solver.Tests.Jobs;

/// <summary>Two builds share a vertex, and it fails for a reason that is the first one's, or the work's.</summary>
public sealed class ClientFaultTests : IAsyncLifetime
{
    private static readonly SecretValues TokenSecret = new(new Dictionary<string, Func<byte[]?>> { ["token"] = () => [1] });

    private readonly TestSolver _test = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _test.DisposeAsync();

    [Fact]
    public async Task A_secret_that_the_first_lacks_is_asked_of_the_second()
    {
        (TestThing thing, Task<BuildResult> first, Task<BuildResult> second) = await ShareAsync(
            (context, token) => Secrets.FindAsync(context.Sessions, "token", optional: false, token));

        BuildException error = await Assert.ThrowsAsync<BuildException>(() => first);

        Assert.Equal("secret token: not found", error.Message);
        Assert.Equal("shared", (await second).Response["file"]);
        Assert.Equal(2, thing.Fetches);
    }

    [Theory]
    [InlineData("its session ended")]
    [InlineData("its login was refused")]
    public async Task A_fault_of_the_first_client_is_not_the_second_builds(string reason)
    {
        int asked = 0;
        (TestThing thing, Task<BuildResult> first, Task<BuildResult> second) = await ShareAsync((_, _) =>
            Interlocked.Increment(ref asked) == 1
                ? Task.FromException(new BuildException(
                    ErrorKind.Environment, "fetch", "a", reason, null, new ClientFaultException(ErrorKind.Environment, "ask", "the client", reason)))
                : Task.CompletedTask);

        BuildException error = await Assert.ThrowsAsync<BuildException>(() => first);

        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        Assert.Equal("shared", (await second).Response["file"]);
        Assert.Equal(2, thing.Fetches);
    }

    [Fact]
    public async Task A_cancellation_that_came_from_the_first_client_is_not_the_second_builds()
    {
        int asked = 0;
        (TestThing thing, Task<BuildResult> first, Task<BuildResult> second) = await ShareAsync((_, _) =>
            Interlocked.Increment(ref asked) == 1 ? Task.FromException(new OperationCanceledException("the session is closed")) : Task.CompletedTask);

        await Assert.ThrowsAsync<BuildException>(() => first);

        Assert.Equal("shared", (await second).Response["file"]);
        Assert.Equal(2, thing.Fetches);
    }

    [Fact]
    public async Task A_failure_of_the_work_is_shared()
    {
        (TestThing thing, Task<BuildResult> first, Task<BuildResult> second) = await ShareAsync((_, _) =>
            Task.FromException(new BuildException(ErrorKind.Input, "", "", "process \"false\" did not complete successfully: exit code: 1")));

        BuildException one = await Assert.ThrowsAsync<BuildException>(() => first);
        BuildException other = await Assert.ThrowsAsync<BuildException>(() => second);

        Assert.Equal(one.Message, other.Message);
        Assert.Equal(1, thing.Fetches);
    }

    [Fact]
    public async Task Who_was_to_blame_may_try_again()
    {
        int asked = 0;
        TestThing thing = _test.Thing("a", "fine");
        thing.Ask = (context, _) => Interlocked.Increment(ref asked) == 1
            ? Task.FromException(new ClientFaultException(ErrorKind.Environment, "ask", "the client", "it slept"))
            : Task.FromResult(Assert.Single(context.Sessions.Sessions));
        var definition = new TestDefinition();
        Definition built = definition.End(definition.Source("a"));
        var frontend = new TestFrontend(async (bridge, token) =>
        {
            SolvedRef? solved = await bridge.SolveAsync(built, SolveOptions.Lazy, token);
            await Assert.ThrowsAsync<BuildException>(() => bridge.EvaluateAsync(solved!, token));
            await bridge.EvaluateAsync(solved!, token);
            return new FrontendSolve(
                [new PlatformRef(string.Empty, null, solved)], IsMultiPlatform: false, new Dictionary<string, byte[]>());
        });

        BuildResult result = await _test.Solver.BuildAsync(
            _test.Request(null) with { Frontend = frontend }, new RecordedProgress(), Token);

        Assert.Equal("fine", result.Response["file"]);
    }

    // The first build asks its client alone; the second has joined when the answer comes.
    private async Task<(TestThing Thing, Task<BuildResult> First, Task<BuildResult> Second)> ShareAsync(Func<OpContext, CancellationToken, Task> ask)
    {
        TestThing thing = _test.Thing("a", "shared");
        var gate = new TaskCompletionSource();
        thing.Gate = gate.Task;
        thing.Ask = ask;
        var definition = new TestDefinition();
        Definition built = definition.End(definition.Source("a"));
        Task<BuildResult> first = _test.Solver.BuildAsync(_test.Request(built), new RecordedProgress(), Token);
        await thing.Begun.Task.WaitAsync(Token);
        var joined = new RecordedProgress();
        Task<BuildResult> second = _test.Solver.BuildAsync(_test.Request(built, TokenSecret), joined, Token);
        await joined.Started("test://a").WaitAsync(Token);
        gate.SetResult();
        return (thing, first, second);
    }
}
