namespace Cairn.Solver.Scheduling;

/// <summary>The graph holds this result no longer.</summary>
internal sealed record Release(ResultId Result) : Command;
