using Cairn.Solver.Keys;

namespace Cairn.Solver;

/// <summary>How a frontend wants a definition solved.</summary>
/// <param name="Evaluate">Carry everything out before the call returns.</param>
public sealed record SolveOptions(bool Evaluate)
{
    /// <summary>Nothing is carried out before it is needed.</summary>
    public static SolveOptions Lazy { get; } = new(Evaluate: false);

    /// <summary>Caches that the build asks from now on for what the store lacks, after those it has already.</summary>
    public IReadOnlyList<ICacheSource> CacheSources { get; init; } = [];
}
