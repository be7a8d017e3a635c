namespace Cairn.Solver.History;

/// <summary>A stretch of time, in milliseconds since the build began.</summary>
/// <param name="Start">Its begin.</param>
/// <param name="End">Its end.</param>
public readonly record struct WorkSpan(double Start, double End);
