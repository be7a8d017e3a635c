using Cairn.Cache.Keys;

namespace Cairn.Solver.Scheduling;

/// <summary>What the store, or imported caches, have for an edge.</summary>
/// <param name="Work">The work.</param>
/// <param name="Keys">Keys of the edge that are known there.</param>
/// <param name="Candidates">Stored results under these keys, the preferred one first.</param>
/// <param name="Matched">For each input: some key of it leads on. Null if that was not asked, or cannot be said.</param>
internal sealed record LookedUp(
    WorkId Work, IReadOnlyList<CacheKeyId> Keys, IReadOnlyList<CandidateId> Candidates, IReadOnlyList<bool>? Matched) : WorkEnded(Work)
{
    /// <summary>There are imported caches that can be asked, too.</summary>
    public bool HasImports { get; init; }

    /// <summary>What each imported cache said, if these were asked; null for the store's own answer.</summary>
    public IReadOnlyList<ImportAnswer>? Answers { get; init; }
}
