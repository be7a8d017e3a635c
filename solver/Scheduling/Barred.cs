namespace Cairn.Solver.Scheduling;

/// <summary>A job is to blame for the failure of a vertex's work: its client is not asked again, even though the job holds the vertex still.</summary>
internal sealed record Barred(object Vertex, JobId Job) : Command;
