namespace Cairn.Solver.Scheduling;

/// <summary>Jobs wait, and nothing runs or is queued for them.</summary>
internal sealed record Stalled(JobId Job, string WaitGraph) : Command;
