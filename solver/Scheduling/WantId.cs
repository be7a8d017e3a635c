namespace Cairn.Solver.Scheduling;

/// <summary>One request of a job for one result.</summary>
internal readonly record struct WantId(long Value);
