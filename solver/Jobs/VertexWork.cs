using System.Diagnostics;
using Cairn.Llb.Graphs;
using Cairn.Solver.Ops;
using Cairn.Solver.Progress;
using Cairn.Solver.Scheduling;
using Cairn.Solver.Sessions;

namespace Cairn.Solver.Jobs;

/// <summary>A vertex as the world outside the graph sees it: its op, the clients it works for, and the channel of its news.</summary>
internal sealed class VertexWork
{
    private readonly Lazy<IOp> _op;

    // The sessions of vertices that live on this one's work, to be taken back; used by the scheduler's loop only.
    private readonly Dictionary<VertexWork, ISession[]> _borrowed = [];

    // What was decided of it so far; used by the scheduler's loop only.
    private readonly List<VertexOutcome> _outcomes = [];

    public VertexWork(Vertex vertex, SolverServices services, INestedSolver nested)
    {
        Vertex = vertex;
        Channel = new VertexChannel(vertex.Digest, services.Clock);
        Sessions = new SessionGroup();
        Context = new OpContext(
            vertex, services.Cache, Sessions, Channel, new(services.Fetchers.For(Sessions), Channel), services, nested);
        _op = new Lazy<IOp>(() => services.OpKind(vertex.Op.OpCase).Create(vertex));
    }

    public Vertex Vertex { get; }

    public VertexChannel Channel { get; }

    public SessionGroup Sessions { get; }

    public OpContext Context { get; }

    /// <summary>When its op began to wait for a turn; used by the scheduler's loop only.</summary>
    public DateTimeOffset? QueuedAt { get; set; }

    /// <summary>When its present work was begun; used by the scheduler's loop only.</summary>
    public DateTimeOffset StartedAt { get; set; }

    /// <summary>Made when it is first used, so that what is wrong with it is an error of the vertex.</summary>
    public IOp Op => _op.Value;

    /// <summary>The builds it belongs to; used by the scheduler's loop only.</summary>
    public List<BuildJob> Jobs { get; } = [];

    public void Join(BuildJob job)
    {
        Jobs.Add(job);
        Sessions.Add(job.Session);
        Channel.Join(job.Progress);
        if (job.Recorder is { } recorder)
        {
            _outcomes.ForEach(recorder.Record);
        }
    }

    public void Leave(BuildJob job)
    {
        Jobs.Remove(job);
        Sessions.Remove(job.Session);
        Channel.Leave(job.Progress);
    }

    /// <summary>Tells those who keep records, also of builds that come later.</summary>
    /// <param name="outcome">What was decided.</param>
    /// <param name="only">The one build that it concerns; null for all.</param>
    public void Tell(VertexOutcome outcome, JobId? only)
    {
        if (only is null)
        {
            _outcomes.Add(outcome);
        }

        foreach (BuildJob job in Jobs)
        {
            if (only is null || job.Id == only)
            {
                job.Recorder?.Record(outcome);
            }
        }
    }

    /// <summary>The other vertex lives on this one's work: its clients can be asked, and its builds are told.</summary>
    public void Lead(VertexWork follower)
    {
        ISession[] sessions = [.. follower.Jobs.Select(static job => job.Session)];
        bool isNew = _borrowed.TryAdd(follower, sessions);
        Debug.Assert(isNew, "a vertex follows once");
        foreach (ISession session in sessions)
        {
            Sessions.Add(session);
        }

        Channel.AddFollower(follower.Channel);
    }

    /// <summary>The other vertex has what it wanted, or goes its own way.</summary>
    public void Dismiss(VertexWork follower)
    {
        if (_borrowed.Remove(follower, out ISession[]? sessions))
        {
            foreach (ISession session in sessions)
            {
                Sessions.Remove(session);
            }

            Channel.RemoveFollower(follower.Channel);
        }
    }

    /// <summary>For people, in wait graphs.</summary>
    public override string ToString() => $"{Vertex.Name} ({Vertex.Digest})";
}
