using Cairn.Solver.Scheduling;
using Xunit;

namespace Cairn.Solver.Tests.Scheduling;

/// <summary>Solves chains of many jobs that are alive at the same time: for sizes, not for outcomes.</summary>
internal static class JobsDriver
{
    /// <returns>How many edges were solved.</returns>
    public static int Solve(int jobs, int length) => Play(jobs, length).Edges;

    /// <returns>The edges that were solved, and the events and commands that it took.</returns>
    public static (int Edges, int Events, int Commands) Play(int jobs, int length)
    {
        var graph = new SolveGraph(4);
        var events = new Queue<SchedulerEvent>();
        for (int job = 1; job <= jobs; job++)
        {
            var chain = new List<SimulatedVertex>();
            for (int i = 0; i < length; i++)
            {
                chain.Add(i == 0 ? GraphDriver.Vertex($"{job} {i}") : GraphDriver.Vertex($"{job} {i}", chain[^1]));
            }

            events.Enqueue(new JobLoaded(new JobId(job), [.. chain.Select((vertex, i) => new VertexSpec(
                vertex.Digest, i == 0 ? [] : [new InputSpec(i - 1, 0)], IgnoresCache: false, IsLimited: true, vertex))]));
            events.Enqueue(new Wanted(new WantId(job), new JobId(job), chain[^1].Digest, 0));
        }

        (int eventCount, int commandCount, int executed, int delivered, long results) = (0, 0, 0, 0, 0);
        while (events.TryDequeue(out SchedulerEvent? news))
        {
            eventCount++;
            foreach (Command command in graph.Step(news))
            {
                commandCount++;
                switch (command)
                {
                    case StartCacheMap map:
                        events.Enqueue(new CacheMapMade(map.Work, ((SimulatedVertex)map.Vertex).Map(map.Index)));
                        break;
                    case StartLookup lookup:
                        events.Enqueue(new LookedUp(lookup.Work, [], [], null));
                        break;
                    case StartExecution execution:
                        executed++;
                        events.Enqueue(new Executed(execution.Work, [new ResultId(++results)], [null]));
                        break;
                    case Deliver:
                        delivered++;
                        break;
                    default:
                        break;
                }
            }
        }

        Assert.Equal(jobs, delivered);
        return (executed, eventCount, commandCount);
    }
}
