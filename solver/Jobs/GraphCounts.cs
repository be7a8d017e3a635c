namespace Cairn.Solver.Jobs;

/// <summary>How much the graph holds.</summary>
/// <param name="Vertices">Vertices that some build holds.</param>
/// <param name="Results">Results in use.</param>
/// <param name="Wants">Requests that are not answered.</param>
/// <param name="Outstanding">Pieces of work that have not ended.</param>
internal readonly record struct GraphCounts(int Vertices, int Results, int Wants, int Outstanding);
