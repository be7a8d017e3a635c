using Cairn.Solver.Ops;

namespace Cairn.Solver.Scheduling;

/// <summary>See what the store has for an edge: its keys, and on demand the results under them.</summary>
internal sealed record StartLookup(
    WorkId Work, object Vertex, int Output, IReadOnlyList<CacheDigest> Digests, IReadOnlyList<KeyInput> Inputs, bool WantsResults, bool WantsMatches) : Start(Work, Vertex)
{
    /// <summary>The store has nothing of use: the caches that the builds import are to be asked instead. That may take its time.</summary>
    public bool InImports { get; init; }
}
