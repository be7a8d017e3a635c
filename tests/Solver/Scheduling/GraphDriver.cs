using Cairn.Cache.Keys;
using Cairn.Solver.Scheduling;
using Xunit;

namespace Cairn.Solver.Tests.Scheduling;

/// <summary>Drives the graph by hand: does what it asks for at once, except for executions that are held, and notes what was asked.</summary>
internal sealed class GraphDriver(int maxParallelism = 4)
{
    private readonly SolveGraph _graph = new(maxParallelism);
    private readonly Queue<SchedulerEvent> _events = [];
    private long _nextResult;
    private long _nextWant;

    public SimulatedStore Store { get; init; } = new();

    /// <summary>Ops whose execution does not end by itself.</summary>
    public HashSet<string> Held { get; } = new(StringComparer.Ordinal);

    /// <summary>Ops that were begun, with <c>key</c>, <c>content</c>, <c>load</c> or <c>run</c> before their name, in order.</summary>
    public List<string> Begun { get; } = [];

    public List<StartExecution> Running { get; } = [];

    public HashSet<WorkId> Cancelled { get; } = [];

    public Dictionary<WantId, ResultId> Answers { get; } = [];

    public Dictionary<WantId, Exception> Refusals { get; } = [];

    public Dictionary<ResultId, SimulatedVertex> Results { get; } = [];

    public List<Command> Commands { get; } = [];

    public SolveGraph Graph => _graph;

    public static SimulatedVertex Vertex(string op, params SimulatedVertex[] inputs) => new()
    {
        Digest = SimulatedVertex.DigestOf(op),
        Op = op,
        Inputs = [.. inputs.Select(static input => (input, 0))],
        Outputs = 1,
        AllowsContent = new bool[inputs.Length],
        HasSelector = new bool[inputs.Length],
        IsLimited = true,
    };

    public void Load(long job, params SimulatedVertex[] vertices)
    {
        List<SimulatedVertex> list = [.. vertices];
        Step(new JobLoaded(new JobId(job), [.. list.Select(vertex => new VertexSpec(
            vertex.Digest,
            [.. vertex.Inputs.Select(input => new InputSpec(list.FindIndex(other => other.Digest == input.Vertex.Digest), input.Output))],
            vertex.IgnoresCache,
            vertex.IsLimited,
            vertex))]));
    }

    public WantId Want(long job, SimulatedVertex vertex, int output = 0)
    {
        var want = new WantId(++_nextWant);
        Step(new Wanted(want, new JobId(job), vertex.Digest, output));
        return want;
    }

    public void Leave(long job) => Step(new JobLeft(new JobId(job)));

    public void Step(SchedulerEvent news)
    {
        _events.Enqueue(news);
        while (_events.TryDequeue(out SchedulerEvent? next))
        {
            foreach (Command command in _graph.Step(next))
            {
                Commands.Add(command);
                Carry(command);
            }
        }
    }

    /// <summary>Ends a held execution.</summary>
    public void Finish(string op)
    {
        StartExecution start = Running.First(start => ((SimulatedVertex)start.Vertex).Op == op);
        Running.Remove(start);
        Step(End(start));
    }

    public void Fail(string op, JobId? blame = null)
    {
        StartExecution start = Running.First(start => ((SimulatedVertex)start.Vertex).Op == op);
        Running.Remove(start);
        Step(new WorkFailed(start.Work, new InvalidOperationException($"{op} failed"), blame, []));
    }

    public void EndCancelled(string op)
    {
        StartExecution start = Running.First(start => ((SimulatedVertex)start.Vertex).Op == op && Cancelled.Contains(start.Work));
        Running.Remove(start);
        Step(new WorkCancelled(start.Work));
    }

    private void Carry(Command command)
    {
        switch (command)
        {
            case Start start:
                Begin(start, (SimulatedVertex)start.Vertex);
                break;
            case Cancel cancel:
                Cancelled.Add(cancel.Work);
                break;
            case Deliver deliver:
                Answers.Add(deliver.Want, deliver.Result);
                break;
            case Refuse refuse:
                Refusals.Add(refuse.Want, refuse.Error);
                break;
            case RecordLinks links:
                Store.Link(links.Output, links.Digests, links.Inputs, links.Targets);
                break;
            case Release release:
                Assert.True(Results.Remove(release.Result));
                break;
            default:
                break;
        }
    }

    private void Begin(Start start, SimulatedVertex vertex)
    {
        switch (start)
        {
            case StartCacheMap map:
                Begun.Add($"key {vertex.Op}");
                _events.Enqueue(new CacheMapMade(map.Work, vertex.Map(map.Index)));
                break;
            case StartLookup lookup:
                (List<CacheKeyId> keys, List<CandidateId> candidates, List<bool>? matched) =
                    Store.LookUp(lookup.Output, lookup.Digests, lookup.Inputs);
                _events.Enqueue(new LookedUp(lookup.Work, keys, lookup.WantsResults ? candidates : [], lookup.WantsMatches ? matched : null));
                break;
            case StartContent content:
                Begun.Add($"content {vertex.Op}");
                (SimulatedVertex input, int output) = vertex.Inputs[content.Input];
                _events.Enqueue(new ContentHashed(content.Work, SimulatedVertex.DigestOf($"content {input.ContentOf(output)}")));
                break;
            case StartLoad load:
                Begun.Add($"load {vertex.Op}");
                _events.Enqueue(Store.Gone.Contains(load.Candidate.Value)
                    ? new WorkFailed(load.Work, new InvalidOperationException("gone"), null, [])
                    : new Loaded(load.Work, NewResult(vertex)));
                break;
            case StartExecution execution:
                Begun.Add($"run {vertex.Op}");
                if (Held.Contains(vertex.Op))
                {
                    Running.Add(execution);
                }
                else
                {
                    _events.Enqueue(End(execution));
                }

                break;
            default:
                break;
        }
    }

    private Executed End(StartExecution start)
    {
        var vertex = (SimulatedVertex)start.Vertex;
        int[] contents = [.. Enumerable.Range(0, vertex.Outputs).Select(vertex.ContentOf)];
        return new Executed(
            start.Work, [.. contents.Select(_ => NewResult(vertex))], Store.Record(start.Digests, start.Keys, contents));
    }

    private ResultId NewResult(SimulatedVertex vertex)
    {
        var result = new ResultId(++_nextResult);
        Results.Add(result, vertex);
        return result;
    }
}
