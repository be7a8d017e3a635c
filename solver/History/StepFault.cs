namespace Cairn.Solver.History;

/// <summary>A cached result that was of no use.</summary>
/// <param name="Result">Id of the cache record.</param>
/// <param name="Reason">Why; null if it was loaded and its bytes turned out to be gone later.</param>
public sealed record StepFault(string Result, string? Reason);
