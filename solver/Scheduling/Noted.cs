namespace Cairn.Solver.Scheduling;

/// <summary>Something was decided of a vertex that whoever keeps records may want to know.</summary>
/// <param name="Vertex">Payload of the vertex.</param>
/// <param name="Only">The one job that it concerns; null for all that hold the vertex.</param>
/// <param name="Note">What was decided.</param>
internal sealed record Noted(object Vertex, JobId? Only, VertexNote Note) : Command;
