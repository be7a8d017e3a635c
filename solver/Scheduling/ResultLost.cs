namespace Cairn.Solver.Scheduling;

/// <summary>A delivered result turned out to have no bytes. Whoever still needs the edge wants it again.</summary>
internal sealed record ResultLost(ResultId Result) : SchedulerEvent;
