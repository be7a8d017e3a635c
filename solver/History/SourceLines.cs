namespace Cairn.Solver.History;

/// <summary>Lines of a source file.</summary>
/// <param name="File">As the frontend names it.</param>
/// <param name="First">Counted from 1.</param>
/// <param name="Last">Counted from 1.</param>
public sealed record SourceLines(string File, int First, int Last);
