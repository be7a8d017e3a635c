namespace Cairn.Solver.Scheduling;

/// <summary>An edge is an input of a vertex.</summary>
internal sealed class ConsumerArc(VertexNode consumer, int input)
{
    public VertexNode Consumer { get; } = consumer;

    public int Input { get; } = input;

    /// <summary>Index in the edge's list, so that it can be taken out at once.</summary>
    public int Position { get; set; }

    /// <summary>What the consumer now wants of the edge.</summary>
    public Level Demand { get; set; }
}
