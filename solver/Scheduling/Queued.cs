namespace Cairn.Solver.Scheduling;

/// <summary>The op of a vertex is ready to be carried out and waits for a turn.</summary>
internal sealed record Queued(object Vertex) : Command;
