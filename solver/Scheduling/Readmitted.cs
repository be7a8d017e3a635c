namespace Cairn.Solver.Scheduling;

/// <summary>A job that was barred wants something again: its client is asked like any other's.</summary>
internal sealed record Readmitted(object Vertex, JobId Job) : Command;
