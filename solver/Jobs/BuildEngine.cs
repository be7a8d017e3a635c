using System.Collections.Concurrent;
using System.Text;
using Cairn.Cache.Refs;
using Cairn.Llb;
using Cairn.Solver.Ops;
using Cairn.Solver.Progress;
using Cairn.Solver.Scheduling;
using Cairn.Solver.Sessions;
using Definition = Cairn.Protos.Pb.Definition;

namespace Cairn.Solver.Jobs;

/// <summary>All live builds over one store, and the scheduler that they share.</summary>
internal sealed class BuildEngine : INestedSolver, IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, BuildJob> _jobs = new(StringComparer.Ordinal);
    private readonly IReadOnlyList<string> _allowed;
    private long _nextJob;

    public BuildEngine(SolverServices services, SolverOptions options)
    {
        Services = services;
        _allowed = options.AllowedEntitlements;
        Scheduler = new Scheduler(services, options.MaxParallelism);
    }

    public SolverServices Services { get; }

    public Scheduler Scheduler { get; }

    /// <summary>Whether a build is under way.</summary>
    public bool IsBusy => !_jobs.IsEmpty;

    /// <summary>Refuses rights that do not exist or are not allowed.</summary>
    public void Check(IReadOnlyList<string> entitlements) => Entitlements.Read(entitlements, _allowed);

    /// <summary>Begins a build.</summary>
    /// <exception cref="BuildException">Input: there is a live build of that id, or it grants itself what does not exist.</exception>
    /// <param name="request">What the build is.</param>
    /// <param name="progress">Hears of it.</param>
    /// <param name="recorder">Keeps records of its vertices; null if nobody does.</param>
    public BuildJob Join(BuildRequest request, IBuildProgress progress, IVertexRecorder? recorder)
    {
        var job = new BuildJob(
            NextId(), request.Id, request.Session, progress, Entitlements.Read(request.Entitlements, _allowed), recorder, this)
        {
            MostProcesses = StepLimits.ReadProcesses(request.FrontendOptions),
        };
        if (!_jobs.TryAdd(request.Id, job))
        {
            throw new BuildException(ErrorKind.Input, string.Empty, string.Empty, $"job ID {request.Id} exists");
        }

        return job;
    }

    /// <summary>Ends a build: what it held is let go of, and its progress is closed.</summary>
    public void Leave(BuildJob job)
    {
        Scheduler.Leave(job.Id);
        _jobs.TryRemove(job.Name, out _);
        job.Leave();
        job.Progress.Close();
    }

    /// <summary>Work of one build that is not a vertex of its graph, shown as one.</summary>
    /// <param name="job">The build.</param>
    /// <param name="id">Tells it from others; equal ids are the same vertex.</param>
    /// <param name="name">For people.</param>
    /// <param name="work">Gets the channel of its news.</param>
    /// <remarks>Source: control-and-status.md, section 4.</remarks>
    public async Task<T> ShowAsync<T>(BuildJob job, string id, string name, Func<VertexChannel, Task<T>> work)
    {
        var channel = new VertexChannel(Digest.Sha256(Encoding.UTF8.GetBytes(id)), Services.Clock);
        job.Progress.Announce(channel.Vertex, name, [], group: null);
        channel.Join(job.Progress);
        channel.Start(WorkInterval.Running);
        try
        {
            T result = await work(channel);
            channel.Complete(error: null);
            return result;
        }
        catch (Exception e)
        {
            channel.Complete(e is OperationCanceledException ? "context canceled" : e.Message);
            throw;
        }
    }

    /// <inheritdoc/>
    public async Task<ImmutableRef?> SolveAsync(OpContext context, Definition definition, CancellationToken cancellationToken)
    {
        // A build of its own, as long as the asking vertex runs, for the clients of that vertex.
        ISession session = context.Sessions.Sessions.Count > 0
            ? context.Sessions.Sessions[0]
            : throw new OperationCanceledException("every build that wanted this has left");
        var job = new BuildJob(
            NextId(), string.Empty, session, new NestedProgress((VertexChannel)context.Progress), Entitlements.Read([], _allowed),
            recorder: null, this);
        try
        {
            if (job.Load(definition) is not { } edge)
            {
                return null;
            }

            using Delivered delivered = await job.WantAsync(edge, cancellationToken);
            return delivered.Ref?.Clone();
        }
        finally
        {
            await Scheduler.RecordedAsync();
            Scheduler.Leave(job.Id);
            job.Progress.Close();
        }
    }

    /// <summary>Waits for the end of what still runs.</summary>
    public ValueTask DisposeAsync() => Scheduler.DisposeAsync();

    private JobId NextId() => new(Interlocked.Increment(ref _nextJob));
}
