using Cairn.Solver.Ops;

namespace Cairn.Solver.Scheduling;

/// <summary>See what the store has for an edge.</summary>
internal sealed record StartLookup(
    WorkId Work, object Vertex, int Output, IReadOnlyList<CacheDigest> Digests, IReadOnlyList<KeyInput> Inputs) : Start(Work, Vertex);
