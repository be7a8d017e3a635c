namespace Cairn.Solver.Scheduling;

/// <summary>One build in the scheduler.</summary>
internal readonly record struct JobId(long Value);
