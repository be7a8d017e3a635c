using Cairn.Solver.Scheduling;
using Xunit;

namespace Cairn.Solver.Tests.Scheduling;

/// <summary>Solves a cold graph as fast as events can be answered: for sizes, not for outcomes.</summary>
internal sealed class DigestDriver
{
    private readonly SolveGraph _graph = new(4);
    private readonly Queue<SchedulerEvent> _events = [];
    private long _nextResult;
    private int _executions;
    private bool _isDone;

    /// <returns>How many ops were carried out for the last vertex.</returns>
    public int Solve(SimulatedVertex[] vertices)
    {
        var positions = new Dictionary<Cairn.Llb.Digest, int>();
        var specs = new List<VertexSpec>(vertices.Length);
        foreach (SimulatedVertex vertex in vertices)
        {
            positions.Add(vertex.Digest, specs.Count);
            specs.Add(new VertexSpec(
                vertex.Digest, [.. vertex.Inputs.Select(input => new InputSpec(positions[input.Vertex.Digest], input.Output))],
                IgnoresCache: false, IsLimited: true, vertex));
        }

        _events.Enqueue(new JobLoaded(new JobId(1), specs));
        _events.Enqueue(new Wanted(new WantId(1), new JobId(1), vertices[^1].Digest, 0));
        while (_events.TryDequeue(out SchedulerEvent? news))
        {
            foreach (Command command in _graph.Step(news))
            {
                Carry(command);
            }
        }

        Assert.True(_isDone, "the graph is solved");
        return _executions;
    }

    private void Carry(Command command)
    {
        switch (command)
        {
            case StartCacheMap map:
                _events.Enqueue(new CacheMapMade(map.Work, ((SimulatedVertex)map.Vertex).Map(map.Index)));
                break;
            case StartLookup lookup:
                _events.Enqueue(new LookedUp(lookup.Work, [], [], null));
                break;
            case StartExecution execution:
                _executions++;
                _events.Enqueue(new Executed(execution.Work, [new ResultId(++_nextResult)], [null]));
                break;
            case Deliver:
                _isDone = true;
                break;
            default:
                break;
        }
    }
}
