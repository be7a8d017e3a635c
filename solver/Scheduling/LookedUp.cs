using Cairn.Cache.Keys;

namespace Cairn.Solver.Scheduling;

/// <summary>What the store has for an edge.</summary>
/// <param name="Work">The work.</param>
/// <param name="Keys">Keys of the edge that the store knows.</param>
/// <param name="Candidates">Stored results under these keys, the preferred one first.</param>
/// <param name="Matched">For each input: some key of it leads on. Null if that was not asked, or the store cannot say.</param>
internal sealed record LookedUp(
    WorkId Work, IReadOnlyList<CacheKeyId> Keys, IReadOnlyList<CandidateId> Candidates, IReadOnlyList<bool>? Matched) : WorkEnded(Work);
