using Cairn.Llb;

namespace Cairn.Solver.Scheduling;

/// <summary>A job, as the graph sees it.</summary>
internal sealed class JobNode(JobId id)
{
    public JobId Id { get; } = id;

    /// <summary>The vertices that it holds, by the digest that the job knows them by.</summary>
    public Dictionary<Digest, VertexNode> Vertices { get; } = [];

    /// <summary>The distinct vertices that it holds, in the order in which they came.</summary>
    public List<VertexNode> Held { get; } = [];

    public HashSet<Want> Wants { get; } = [];

    /// <summary>Vertices whose work failed because of this job; it is not asked again for them until it wants something.</summary>
    public List<VertexNode> BarredFrom { get; } = [];

    /// <summary>Executions that wait for a turn, oldest first. Entries that are no longer queued are skipped.</summary>
    public Queue<Execution> Ready { get; } = [];

    /// <summary>The job stands in the round of those that wait for a turn.</summary>
    public bool IsInRound { get; set; }
}
