using Cairn.Solver.Ops;

namespace Cairn.Solver.Scheduling;

/// <summary>Carry the op out, and record its results under all keys.</summary>
internal sealed record StartExecution(
    WorkId Work,
    object Vertex,
    IReadOnlyList<ResultId> Inputs,
    IReadOnlyList<CacheDigest> Digests,
    IReadOnlyList<KeyInput> Keys) : Start(Work, Vertex);
