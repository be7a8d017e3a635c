namespace Cairn.Solver.Scheduling;

/// <summary>Time to see whether a job waits for nothing.</summary>
internal sealed record StallCheck : SchedulerEvent;
