using System.Collections.Concurrent;
using System.Diagnostics;
using Cairn.Llb;
using Cairn.Solver.Tests.Progress;
using Cairn.Tests.Harness;
using Xunit;
using Definition = Cairn.Protos.Pb.Definition;

namespace Cairn.Solver.Tests.Jobs;

/// <summary>Clients that build, fail and give up at random over one engine while the store is emptied under them: nothing sticks and nothing stays.</summary>
[Collection(nameof(AloneCollection))]
public sealed class BuildSoakTests : IAsyncLifetime
{
    private const int Clients = 8;
    private const int Things = 6;
    private const long MostGrowth = 16L << 20;
    private static readonly TimeSpan InTest = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan InSoak = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Stuck = TimeSpan.FromSeconds(120);

    private readonly TestSolver _test = new();
    private readonly ConcurrentQueue<string> _stuck = [];
    private int _built;
    private int _cancelled;
    private int _failed;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _test.DisposeAsync();

    [Fact]
    public async Task Clients_that_come_and_go_leave_nothing_behind()
    {
        Random random = Soak.Random();
        for (int i = 0; i < Things; i++)
        {
            int delay = i;
            TestThing thing = _test.Thing($"{i}", $"thing {i}");
            thing.Ask = (_, token) => Task.Delay(TimeSpan.FromMilliseconds(delay * 3), token);   // work that takes its time
            thing.Error = i == Things - 1 ? new BuildException(ErrorKind.Environment, "fetch", "the last", "it never works") : null;
        }

        TimeSpan time = Soak.Choose(InTest, InSoak);
        await RunAsync(random.Next(), time / 5);
        await IdleAsync();
        long before = GC.GetTotalMemory(forceFullCollection: true);
        await RunAsync(random.Next(), time * 4 / 5);
        await IdleAsync();
        long grown = GC.GetTotalMemory(forceFullCollection: true) - before;

        Soak.Note(
            "8 clients with cancellations and collections", _built + _cancelled + _failed, _stuck.Count,
            ("built", _built), ("cancelled", _cancelled), ("failed", _failed), ("seconds", time.TotalSeconds), ("grown bytes", grown));
        Assert.Empty(_stuck);
        Assert.True(_built > 0 && _cancelled > 0 && _failed > 0, $"all kinds of ends are seen: {_built} {_cancelled} {_failed}");
        Assert.True(grown < MostGrowth, $"memory grew by {grown} bytes");
    }

    private async Task RunAsync(int seed, TimeSpan time)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Token);
        end.CancelAfter(time);
        Task collecting = CollectAsync(end.Token);
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(client => Task.Run(() => ClientAsync(new Random(seed + client), end.Token), Token)));
        await collecting;
    }

    private async Task ClientAsync(Random random, CancellationToken end)
    {
        while (!end.IsCancellationRequested && _stuck.IsEmpty)
        {
            using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Token);
            if (random.Next(3) == 0)
            {
                cancel.CancelAfter(TimeSpan.FromMilliseconds(random.Next(30)));
            }

            (Definition definition, string? expected) = Make(random);
            Task<BuildResult> build = _test.BuildAsync(definition, new RecordedProgress(), cancel.Token);
            if (await Task.WhenAny(build, Task.Delay(Stuck, Token)) != build)
            {
                _stuck.Enqueue(await _test.Solver.WaitGraphAsync());
                return;
            }

            try
            {
                BuildResult result = await build;
                Assert.Equal(expected, result.Response["file"]);
                Interlocked.Increment(ref _built);
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                Interlocked.Increment(ref _cancelled);
            }
            catch (BuildException e) when (e.Message.Contains("it never works", StringComparison.Ordinal))
            {
                Assert.Null(expected);
                Interlocked.Increment(ref _failed);
            }
        }
    }

    // The file of a merge is that of its last input; whatever contains the last thing fails.
    private static (Definition Definition, string? Expected) Make(Random random)
    {
        var definition = new TestDefinition();
        var inputs = new List<string>();
        int count = 1 + random.Next(4);
        int thing = 0;
        bool fails = false;
        for (int i = 0; i < count; i++)
        {
            thing = random.Next(20) == 0 ? Things - 1 : random.Next(Things - 1);
            fails |= thing == Things - 1;
            string input = definition.Source($"{thing}");
            if (random.Next(8) == 0)
            {
                definition.IgnoreCache(input);
            }

            inputs.Add(random.Next(2) == 0 ? definition.Passthrough($"p{thing}", input) : input);
        }

        return (definition.End(definition.Merge([.. inputs])), fails ? null : $"thing {thing}");
    }

    // What nobody uses goes, again and again; some of it was about to be used.
    private async Task CollectAsync(CancellationToken end)
    {
        while (!end.IsCancellationRequested)
        {
            await _test.Solver.Store.PruneAsync(new PruneRequest { All = true }, null, Token);
            await Task.Delay(TimeSpan.FromMilliseconds(100), Token);
        }
    }

    private async Task IdleAsync()
    {
        long start = Stopwatch.GetTimestamp();
        while (await _test.Solver.CountAsync() != default)
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < Stuck, $"the graph is not empty: {await _test.Solver.CountAsync()}\n{await _test.Solver.WaitGraphAsync()}");
            await Task.Delay(TimeSpan.FromMilliseconds(10), Token);   // the last cancelled work ends by itself
        }
    }
}
