namespace Cairn.Solver.Scheduling;

/// <summary>Something that happened outside the graph. One event, one <see cref="SolveGraph.Step"/>.</summary>
internal abstract record SchedulerEvent;
