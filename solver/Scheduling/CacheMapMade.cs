using Cairn.Solver.Ops;

namespace Cairn.Solver.Scheduling;

/// <summary>The cache map of a vertex.</summary>
internal sealed record CacheMapMade(WorkId Work, CacheMap Map) : WorkEnded(Work);
