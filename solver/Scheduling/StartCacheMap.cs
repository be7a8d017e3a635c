namespace Cairn.Solver.Scheduling;

/// <summary>Make a cache map.</summary>
internal sealed record StartCacheMap(WorkId Work, object Vertex, int Index) : Start(Work, Vertex);
