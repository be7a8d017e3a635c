using System.Collections.Concurrent;
using System.Threading.Channels;
using Cairn.Llb;
using Cairn.Solver.Debugging;
using Cairn.Solver.Scheduling;
using Microsoft.Extensions.Logging;

namespace Cairn.Solver.Jobs;

/// <summary>The loop around <see cref="SolveGraph"/>: feeds it what happens, and has its commands carried out.</summary>
internal sealed class Scheduler : IAsyncDisposable
{
    private static readonly TimeSpan StallInterval = TimeSpan.FromSeconds(10);

    private readonly Channel<SchedulerEvent> _events =
        Channel.CreateUnbounded<SchedulerEvent>(new UnboundedChannelOptions { SingleReader = true });

    private readonly SolveGraph _graph;   // the loop's own
    private readonly Dictionary<JobId, BuildJob> _jobs = [];   // the loop's own
    private readonly Dictionary<WorkId, CancellationTokenSource> _running = [];   // the loop's own
    private readonly List<StartLookup> _lookups = [];   // the loop's own
    private readonly ConcurrentDictionary<WantId, TaskCompletionSource<Delivered>> _wants = [];
    private readonly ConcurrentDictionary<Task, bool> _tasks = [];   // what has to end before the scheduler does
    private readonly ResultTable _results;
    private readonly WorkRunner _runner;
    private readonly ILogger _logger;
    private readonly TimeProvider _clock;
    private readonly ITimer _watch;
    private readonly Task _loop;
    private long _nextWant;
    private bool _isStopping;   // the loop's own
    private BuildException? _fault;   // written once, by the loop, before the channel is closed

    public Scheduler(SolverServices services, int maxParallelism)
    {
        _graph = new SolveGraph(maxParallelism);
        _results = new ResultTable();
        _runner = new WorkRunner(services, _results);
        _logger = services.Loggers.CreateLogger<Scheduler>();
        _clock = services.Clock;
        _loop = Task.Run(RunAsync);
        _watch = services.Clock.CreateTimer(_ => Post(new StallCheck()), null, StallInterval, StallInterval);
    }

    /// <summary>Makes a build's vertices part of the graph, inputs before their consumers.</summary>
    public void Load(BuildJob job, IReadOnlyList<VertexSpec> vertices) => Post(new JobJoined(job, new JobLoaded(job.Id, vertices)));

    /// <summary>Has a result made, or found.</summary>
    /// <exception cref="BuildException">The vertex, or one below it, failed.</exception>
    public async Task<Delivered> WantAsync(JobId job, Digest vertex, int output, CancellationToken cancellationToken)
    {
        var want = new WantId(Interlocked.Increment(ref _nextWant));
        var answer = new TaskCompletionSource<Delivered>(TaskCreationOptions.RunContinuationsAsynchronously);
        _wants[want] = answer;
        if (!_events.Writer.TryWrite(new Wanted(want, job, vertex, output)))
        {
            _wants.TryRemove(want, out _);
            throw _fault ?? (Exception)new ObjectDisposedException(nameof(Scheduler));
        }

        using CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(
            _ =>
            {
                // Whoever takes it out of the table first answers it.
                if (_wants.TryRemove(want, out TaskCompletionSource<Delivered>? waiting))
                {
                    Post(new WantDropped(want));
                    waiting.TrySetCanceled(cancellationToken);
                }
            },
            null);
        return await answer.Task;
    }

    /// <summary>What every build waits for now, the builds in the order in which they came.</summary>
    public Task<IReadOnlyList<BuildWaits>> WaitsAsync()
    {
        var answer = new TaskCompletionSource<IReadOnlyList<BuildWaits>>(TaskCreationOptions.RunContinuationsAsynchronously);
        return _events.Writer.TryWrite(new GraphAsked(answer)) ? answer.Task : Task.FromResult<IReadOnlyList<BuildWaits>>([]);
    }

    /// <summary>How much the graph holds now.</summary>
    public Task<GraphCounts> CountAsync()
    {
        var answer = new TaskCompletionSource<GraphCounts>(TaskCreationOptions.RunContinuationsAsynchronously);
        return _events.Writer.TryWrite(new CountsAsked(answer)) ? answer.Task : Task.FromResult(default(GraphCounts));
    }

    /// <summary>The keys of everything that a build holds.</summary>
    public Task<IReadOnlyList<KeyedEdge>> KeysAsync(JobId job)
    {
        var answer = new TaskCompletionSource<IReadOnlyList<KeyedEdge>>(TaskCreationOptions.RunContinuationsAsynchronously);
        return _events.Writer.TryWrite(new KeysAsked(job, answer)) ? answer.Task : Task.FromResult<IReadOnlyList<KeyedEdge>>([]);
    }

    /// <summary>Tells that the bytes of a delivered result are gone. Wanting it again has it made again.</summary>
    public void Lose(ResultId result) => Post(new ResultLost(result));

    /// <summary>Waits until all that was carried out so far is recorded.</summary>
    public Task RecordedAsync() => _runner.DrainAsync();

    /// <summary>Ends what a build wants and holds.</summary>
    public void Leave(JobId job) => Post(new JobLeft(job));

    /// <summary>Waits for the end of whatever still runs; all builds have left before.</summary>
    public async ValueTask DisposeAsync()
    {
        await _watch.DisposeAsync();
        Post(new StopRequested());
        await _loop;
        await _runner.DrainAsync();
    }

    private void Post(SchedulerEvent news) => _events.Writer.TryWrite(news);

    private async Task RunAsync()
    {
        try
        {
            while (!_isStopping || _graph.Outstanding > 0)
            {
                await _events.Reader.WaitToReadAsync();
                TakeAll();
            }
        }
#pragma warning disable CA1031 // The top of the loop: whatever is wrong here, nobody may be left waiting.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _logger.SchedulerFailed(e);
            _fault = new BuildException(
                ErrorKind.Internal, "schedule", "builds", e.Message, "Please report this; start the engine again meanwhile.", e);
        }

        _events.Writer.TryComplete();
        await StopAsync();
    }

    private void TakeAll()
    {
        while (_events.Reader.TryRead(out SchedulerEvent? news))
        {
            Take(news);
        }

        // Questions to the index are put together: one read answers them all.
        while (_lookups.Count > 0)
        {
            StartLookup[] lookups = [.. _lookups];
            _lookups.Clear();
            foreach (WorkEnded answer in _runner.LookUp(lookups))
            {
                Take(answer);
            }
        }
    }

    // After a fault work may still run and wants may still be open; after an orderly end there is neither.
    private async Task StopAsync()
    {
        foreach (CancellationTokenSource source in _running.Values)
        {
            await source.CancelAsync();
        }

        foreach (WantId want in _wants.Keys)
        {
            if (_wants.TryRemove(want, out TaskCompletionSource<Delivered>? waiting))
            {
                waiting.TrySetException(_fault ?? (Exception)new ObjectDisposedException(nameof(Scheduler)));
            }
        }

        await Task.WhenAll(_tasks.Keys);
        _results.Clear();
    }

    private void Take(SchedulerEvent news)
    {
        switch (news)
        {
            case StopRequested:
                _isStopping = true;
                return;
            case GraphAsked asked:
                asked.Answer.TrySetResult(Waits());
                return;
            case CountsAsked asked:
                asked.Answer.TrySetResult(new GraphCounts(_graph.VertexCount, _graph.ResultCount, _graph.WantCount, _graph.Outstanding));
                return;
            case KeysAsked asked:
                asked.Answer.TrySetResult(_graph.KeysOf(asked.Job));
                return;
            case JobJoined joined:
                _jobs[joined.Build.Id] = joined.Build;
                news = joined.Loaded;
                break;
            case WorkEnded ended when _running.Remove(ended.Work, out CancellationTokenSource? source):
                source.Dispose();
                break;
            default:
                break;
        }

        foreach (Command command in _graph.Step(news))
        {
            Carry(command);
        }

        if (news is JobLeft left)
        {
            _jobs.Remove(left.Job);
        }
    }

    private void Carry(Command command)
    {
        switch (command)
        {
            case StartLookup { InImports: false } lookup:
                _lookups.Add(lookup);
                break;
            case Start start:
                Begin(start);
                break;
            case Cancel cancel:
                if (_running.TryGetValue(cancel.Work, out CancellationTokenSource? source))
                {
                    source.Cancel();
                }

                break;
            case Deliver deliver:
                Answer(deliver);
                break;
            case Refuse refuse:
                if (_wants.TryRemove(refuse.Want, out TaskCompletionSource<Delivered>? refused))
                {
                    refused.TrySetException(refuse.Error);
                }

                break;
            case Release release:
                _results.Remove(release.Result);
                break;
            case Joined joined:
                ((VertexWork)joined.Vertex).Join(_jobs[joined.Job], ((VertexWork)joined.Brought).Vertex);
                break;
            case Left left:
                ((VertexWork)left.Vertex).Leave(_jobs[left.Job]);
                break;
            case Barred barred:
                ((VertexWork)barred.Vertex).Bar(_jobs[barred.Job]);
                break;
            case Readmitted readmitted:
                ((VertexWork)readmitted.Vertex).Readmit(_jobs[readmitted.Job]);
                break;
            case Followed followed:
                ((VertexWork)followed.Leader).Lead((VertexWork)followed.Follower);
                break;
            case Unfollowed unfollowed:
                ((VertexWork)unfollowed.Leader).Dismiss((VertexWork)unfollowed.Follower);
                break;
            case Stalled stalled:
                _logger.BuildStalled(stalled.Job.Value, stalled.WaitGraph);
                break;
            case RecordLinks links:
                Link(links);
                break;
            case Queued queued:
                ((VertexWork)queued.Vertex).QueuedAt = _clock.GetUtcNow();
                break;
            case Noted noted:
                Tell(noted);
                break;
            case Forgotten:
                break;
            default:
                throw new InvalidOperationException($"unknown command {command.GetType().Name}");
        }
    }

    private void Begin(Start start)
    {
        var source = new CancellationTokenSource();
        ((VertexWork)start.Vertex).StartedAt = _clock.GetUtcNow();
        Task<WorkEnded> work = _runner.Start(start, source.Token);
        if (work.IsCompletedSuccessfully)
        {
            source.Dispose();
            Post(work.Result);
            return;
        }

        _running.Add(start.Work, source);
        _tasks.TryAdd(work, true);
        _ = ReportAsync(work);
    }

    // The runner turns every failure into an event; nothing is thrown here.
    private async Task ReportAsync(Task<WorkEnded> work)
    {
        WorkEnded ended = await work;
        _tasks.TryRemove(work, out _);
        if (!_events.Writer.TryWrite(ended) && ended is Loaded or Executed)
        {
            // The loop is gone, and the table with it is given up.
            _results.Clear();
        }
    }

    private BuildWaits[] Waits() =>
    [
        .. _jobs.Values.OrderBy(static job => job.Id.Value).Select(job => new BuildWaits(
            job.Name,
            [
                .. _graph.WaitsOf(job.Id).Select(static wait =>
                {
                    var vertex = (VertexWork)wait.Vertex;
                    return new VertexWaits(vertex.Vertex.Digest, vertex.Vertex.Name, wait.States);
                }),
            ])),
    ];

    private void Link(RecordLinks links)
    {
        Task linked = Task.Run(() => _runner.Link(links), CancellationToken.None);
        _tasks.TryAdd(linked, true);
        _ = ForgetAsync(linked);
    }

    private async Task ForgetAsync(Task done)
    {
        await done;
        _tasks.TryRemove(done, out _);
    }

    private void Tell(Noted noted)
    {
        var vertex = (VertexWork)noted.Vertex;
        VertexWork doer = (VertexWork?)noted.Note.Leader ?? vertex;
        vertex.Tell(
            new VertexOutcome(vertex, noted.Note, _results)
            {
                Queued = noted.Note.Kind is OutcomeKind.Executed or OutcomeKind.Failed ? doer.QueuedAt : null,
                Started = doer.StartedAt,
                Completed = _clock.GetUtcNow(),
            },
            noted.Only);
    }

    private void Answer(Deliver deliver)
    {
        if (_wants.TryRemove(deliver.Want, out TaskCompletionSource<Delivered>? waiting))
        {
            var delivered = new Delivered(deliver.Result, _results.Clone(deliver.Result));
            if (!waiting.TrySetResult(delivered))
            {
                delivered.Dispose();
            }
        }
    }
}
