namespace Cairn.Solver;

/// <summary>How a frontend wants a definition solved.</summary>
/// <param name="Evaluate">Carry everything out before the call returns.</param>
public sealed record SolveOptions(bool Evaluate)
{
    /// <summary>Nothing is carried out before it is needed.</summary>
    public static SolveOptions Lazy { get; } = new(Evaluate: false);

    /// <summary>Caches elsewhere in which results may be found, too.</summary>
    public IReadOnlyList<CacheImport> CacheImports { get; init; } = [];
}
