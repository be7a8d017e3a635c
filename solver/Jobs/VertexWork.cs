using System.Diagnostics;
using Cairn.Protos.Pb;
using Cairn.Solver.Keys;
using Cairn.Solver.Ops;
using Cairn.Solver.Progress;
using Cairn.Solver.Scheduling;
using Cairn.Solver.Sessions;
using Vertex = Cairn.Llb.Graphs.Vertex;

namespace Cairn.Solver.Jobs;

/// <summary>A vertex as the world outside the graph sees it: its op, the clients it works for, and the channel of its news.</summary>
internal sealed class VertexWork
{
    private readonly Lazy<IOp> _op;

    // All lists are the scheduler's loop's own.
    private readonly List<Member> _members = [];
    private readonly List<VertexOutcome> _outcomes = [];
    private readonly List<VertexWork> _followers = [];
    private VertexWork? _leader;

    // Guarded by itself.
    private readonly List<ImportedCandidate> _imported = [];

    // Replaced as a whole by the loop, so that work may read it.
    private volatile BuildJob[] _clients = [];

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

    /// <summary>The caches that its builds import, in the order in which the builds came.</summary>
    public IReadOnlyList<CacheImport> Imports => [.. _clients.SelectMany(static job => job.Imports).DistinctBy(static import => import.Id)];

    public bool HasImports => _clients.Any(static job => job.Imports.Count > 0);

    /// <summary>Made when it is first used, so that what is wrong with it is an error of the vertex.</summary>
    public IOp Op => _op.Value;

    /// <summary>The builds whose clients may be asked: its own and those of its followers, in the order in which they came.</summary>
    public IReadOnlyList<BuildJob> Clients => _clients;

    /// <summary>The limits of the step, the most relaxed of all builds; null if one of them sets none. Used by the scheduler's loop only.</summary>
    /// <remarks>Source: llb-semantics.md, section 2.</remarks>
    public LinuxResources? Limits()
    {
        LinuxResources? limits = _members.Count == 0 ? null : _members[0].Metadata.LinuxResources;
        foreach (Member member in _members)
        {
            limits = StepLimits.Relax(limits, member.Metadata.LinuxResources);
        }

        foreach (VertexWork follower in _followers)
        {
            limits = StepLimits.Relax(limits, follower.Limits());
        }

        return limits;
    }

    /// <summary>The most processes of the step, of all builds that want it; null if one of them sets no limit. Used by the scheduler's loop only.</summary>
    public long? MostProcesses()
    {
        long? most = _members.Count == 0 ? null : _members[0].Job.MostProcesses;
        foreach (Member member in _members)
        {
            most = StepLimits.Relax(most, member.Job.MostProcesses);
        }

        foreach (VertexWork follower in _followers)
        {
            most = StepLimits.Relax(most, follower.MostProcesses());
        }

        return most;
    }

    /// <summary>A build holds the vertex.</summary>
    /// <param name="job">The build.</param>
    /// <param name="brought">The vertex as that build brought it: what is said beside the op may differ.</param>
    public void Join(BuildJob job, Vertex brought)
    {
        _members.Add(new Member(job, brought.Metadata));
        Channel.Join(job.Progress);
        _leader?.Channel.Join(job.Progress, Channel);
        Refresh();
        if (job.Recorder is { } recorder)
        {
            _outcomes.ForEach(recorder.Record);
        }
    }

    /// <summary>A build does not hold the vertex any more.</summary>
    public void Leave(BuildJob job)
    {
        _members.RemoveAll(member => member.Job == job);
        Channel.Leave(job.Progress);
        Refresh();
    }

    /// <summary>The work failed because of a build's client: that one is not asked again.</summary>
    public void Bar(BuildJob job) => SetBarred(job, isBarred: true);

    /// <summary>The build wants something again.</summary>
    public void Readmit(BuildJob job) => SetBarred(job, isBarred: false);

    /// <summary>Tells those who keep records, also of builds that come later.</summary>
    /// <param name="outcome">What was decided.</param>
    /// <param name="only">The one build that it concerns; null for all.</param>
    public void Tell(VertexOutcome outcome, JobId? only)
    {
        if (only is null)
        {
            _outcomes.Add(outcome);
        }

        foreach (Member member in _members)
        {
            if (only is null || member.Job.Id == only)
            {
                member.Job.Recorder?.Record(outcome);
            }
        }
    }

    /// <summary>The other vertex lives on this one's work: its clients can be asked, and its builds are told.</summary>
    public void Lead(VertexWork follower)
    {
        Debug.Assert(follower._leader is null, "a vertex follows one");
        follower._leader = this;
        _followers.Add(follower);
        Refresh();
        Channel.AddFollower(follower.Channel);
    }

    /// <summary>The other vertex has what it wanted, or goes its own way.</summary>
    public void Dismiss(VertexWork follower)
    {
        if (_followers.Remove(follower))
        {
            follower._leader = null;
            Refresh();
            Channel.RemoveFollower(follower.Channel);
        }
    }

    /// <summary>The name by which the graph knows a result of an imported cache.</summary>
    public CandidateId NameOf(ImportedCandidate candidate)
    {
        lock (_imported)
        {
            int index = _imported.IndexOf(candidate);
            if (index < 0)
            {
                index = _imported.Count;
                _imported.Add(candidate);
            }

            return new CandidateId(-1 - index);
        }
    }

    /// <summary>The result of an imported cache that has this name; null for one of the store.</summary>
    public ImportedCandidate? FindImported(CandidateId candidate)
    {
        lock (_imported)
        {
            return candidate.Value < 0 ? _imported[(int)(-1 - candidate.Value)] : null;
        }
    }

    /// <summary>For people, in wait graphs.</summary>
    public override string ToString() => $"{Vertex.Name} ({Vertex.Digest})";

    private void SetBarred(BuildJob job, bool isBarred)
    {
        foreach (Member member in _members)
        {
            if (member.Job == job)
            {
                member.IsBarred = isBarred;
            }
        }

        Refresh();
    }

    // The union of all askers, as it is now.
    private void Refresh()
    {
        var clients = new List<BuildJob>(_members.Count);
        foreach (Member member in _members)
        {
            if (!member.IsBarred)
            {
                clients.Add(member.Job);
            }
        }

        foreach (VertexWork follower in _followers)
        {
            clients.AddRange(follower._clients);
        }

        // Rather one who failed before than nobody.
        _clients = clients.Count > 0 ? [.. clients] : [.. _members.Select(static member => member.Job)];
        Sessions.Set(Array.ConvertAll(_clients, static job => job.Session));
        _leader?.Refresh();
    }

    private sealed class Member(BuildJob job, OpMetadata metadata)
    {
        public BuildJob Job { get; } = job;

        public OpMetadata Metadata { get; } = metadata;

        public bool IsBarred { get; set; }
    }
}
