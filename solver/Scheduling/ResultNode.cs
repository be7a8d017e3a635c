namespace Cairn.Solver.Scheduling;

/// <summary>A result and the number of places in the graph that hold it: edges, and executions that may be attached to.</summary>
internal sealed class ResultNode(ResultId id)
{
    public ResultId Id { get; } = id;

    public int Holders { get; set; }

    /// <summary>The edges among the holders.</summary>
    public List<EdgeNode> Edges { get; } = [];

    /// <summary>The execution that made it; null if it was loaded.</summary>
    public Execution? Maker { get; set; }
}
