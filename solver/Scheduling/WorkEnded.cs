namespace Cairn.Solver.Scheduling;

/// <summary>A piece of work has ended.</summary>
internal abstract record WorkEnded(WorkId Work) : SchedulerEvent;
