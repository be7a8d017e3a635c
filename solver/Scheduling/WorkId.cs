namespace Cairn.Solver.Scheduling;

/// <summary>One piece of work that the graph asked for; it comes back as an event with this id, exactly once.</summary>
internal readonly record struct WorkId(long Value);
