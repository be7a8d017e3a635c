namespace Cairn.Solver.Keys;

/// <summary>A result of an imported cache that may be taken for a vertex.</summary>
/// <param name="Source">The cache's id.</param>
/// <param name="Result">The result.</param>
internal sealed record ImportedCandidate(string Source, ImportedResult Result);
