using Cairn.Solver.Ops;

namespace Cairn.Solver.Scheduling;

/// <summary>Hash the selected content of an input.</summary>
internal sealed record StartContent(WorkId Work, object Vertex, int Input, CacheMapInput Map, ResultId Result) : Start(Work, Vertex);
