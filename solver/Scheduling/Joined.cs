namespace Cairn.Solver.Scheduling;

/// <summary>A vertex now belongs to a job as well.</summary>
internal sealed record Joined(object Vertex, JobId Job) : Command;
