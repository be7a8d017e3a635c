namespace Cairn.Solver.Scheduling;

/// <summary>A result that the graph holds; given by whoever made the result, given up by <see cref="Release"/>.</summary>
internal readonly record struct ResultId(long Value);
