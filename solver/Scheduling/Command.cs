namespace Cairn.Solver.Scheduling;

/// <summary>Something that the graph wants done outside. Commands of one step are carried out in order; work is only begun, never awaited.</summary>
internal abstract record Command;
