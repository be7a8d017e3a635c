namespace Cairn.Solver.Scheduling;

/// <summary>Nobody holds the vertex any more.</summary>
internal sealed record Forgotten(object Vertex) : Command;
