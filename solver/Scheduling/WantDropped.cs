namespace Cairn.Solver.Scheduling;

/// <summary>A want is given up by who made it.</summary>
internal sealed record WantDropped(WantId Want) : SchedulerEvent;
