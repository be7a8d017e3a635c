namespace Cairn.Solver.Scheduling;

/// <summary>A vertex no longer belongs to a job.</summary>
internal sealed record Left(object Vertex, JobId Job) : Command;
