using Cairn.Llb;

namespace Cairn.Solver.Scheduling;

/// <summary>
/// The graph of all builds and the state machine that solves it. <see cref="Step"/> takes one event and says what is to be done. There is no task,
/// clock or I/O in here, and collections are gone through in a fixed order: the same events give the same commands.
/// </summary>
/// <remarks>
/// Not safe for several threads: one loop owns it. What is outstanding is a <see cref="Work"/>; everything else waits for other nodes of the graph,
/// along arcs from consumer to input, which cannot form a circle.
/// </remarks>
internal sealed partial class SolveGraph(int maxParallelism)
{
    private readonly Dictionary<JobId, JobNode> _jobs = [];
    private readonly Dictionary<Digest, VertexNode> _vertices = [];
    private readonly Dictionary<WantId, Want> _wants = [];
    private readonly Dictionary<WorkId, Work> _work = [];
    private readonly Dictionary<ResultId, ResultNode> _results = [];
    private readonly ExecutionIndex _executions = new();
    private readonly Queue<VertexNode> _queue = [];
    private readonly List<VertexNode> _cooling = [];
    private List<Command> _commands = [];
    private long _nextWork;
    private long _nextExecution;

    /// <summary>How many pieces of work are outstanding.</summary>
    public int Outstanding => _work.Count;

    /// <summary>How many vertices are held by some job.</summary>
    public int VertexCount => _vertices.Count;

    /// <summary>How many results are held.</summary>
    public int ResultCount => _results.Count;

    /// <summary>How many wants are not answered.</summary>
    public int WantCount => _wants.Count;

    /// <summary>Jobs with executions that wait for a turn.</summary>
    public IEnumerable<JobId> WaitingForTurns => _round.Where(static job => job.Ready.Any(static one => one.State == ExecutionState.Queued)).Select(static job => job.Id);

    /// <summary>The keys of everything that a job holds; empty for one that is not known.</summary>
    public IReadOnlyList<KeyedEdge> KeysOf(JobId job) => !_jobs.TryGetValue(job, out JobNode? node)
        ? []
        : [.. node.Vertices.SelectMany(static held => held.Value.Edges.Select(
            edge => new KeyedEdge(held.Key, edge.Output, edge.RecordKeys, edge.Result?.Maker is not null)))];

    /// <summary>Takes one event.</summary>
    /// <returns>What to do, in order. The list is the caller's.</returns>
    public IReadOnlyList<Command> Step(SchedulerEvent news)
    {
        _commands = [];
        switch (news)
        {
            case JobLoaded loaded:
                OnLoaded(loaded);
                break;
            case JobLeft left:
                OnLeft(left);
                break;
            case Wanted wanted:
                OnWanted(wanted);
                break;
            case WantDropped dropped:
                OnDropped(dropped);
                break;
            case ResultLost lost:
                Lose(lost.Result, new InvalidOperationException("a result was lost again and again"));
                break;
            case WorkEnded ended:
                OnEnded(ended);
                break;
            case StallCheck:
                CheckStall();
                break;
            default:
                throw new ArgumentException($"unknown event {news.GetType().Name}", nameof(news));
        }

        Settle();
        return _commands;
    }

    private void Settle()
    {
        do
        {
            while (_queue.TryDequeue(out VertexNode? vertex))
            {
                vertex.IsQueued = false;
                if (!vertex.IsForgotten)
                {
                    Advance(vertex);
                }
            }

            foreach (VertexNode vertex in _cooling)
            {
                vertex.IsCooling = false;
                Enqueue(vertex);
            }

            _cooling.Clear();
            if (_queue.Count == 0)
            {
                GiveTurns();
            }
        }
        while (_queue.Count > 0);
    }

    private void Enqueue(VertexNode vertex)
    {
        if (!vertex.IsQueued)
        {
            vertex.IsQueued = true;
            _queue.Enqueue(vertex);
        }
    }

    private Work Begin(WorkKind kind, VertexNode vertex, EdgeNode? edge = null, int input = 0, CandidateId candidate = default, ResultId result = default, Execution? execution = null)
    {
        var work = new Work(new WorkId(++_nextWork), kind, vertex)
        {
            Edge = edge,
            Input = input,
            Candidate = candidate,
            Result = result,
            Execution = execution,
        };
        _work.Add(work.Id, work);
        return work;
    }

    private void Stop(Work? work)
    {
        if (work is { IsCancelled: false })
        {
            work.IsCancelled = true;
            _commands.Add(new Cancel(work.Id));
        }
    }
}
