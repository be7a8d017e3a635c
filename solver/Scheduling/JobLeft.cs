namespace Cairn.Solver.Scheduling;

/// <summary>A job is over: its wants and its hold on vertices end.</summary>
internal sealed record JobLeft(JobId Job) : SchedulerEvent;
