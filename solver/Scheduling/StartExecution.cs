using Cairn.Solver.Ops;

namespace Cairn.Solver.Scheduling;

/// <summary>Carry the op out, and record its results under all keys.</summary>
/// <param name="Work">The work.</param>
/// <param name="Vertex">Payload of the vertex.</param>
/// <param name="Inputs">One result per input.</param>
/// <param name="Digests">Digests of the op, one per cache map.</param>
/// <param name="Keys">What is known of the inputs, one by one.</param>
/// <param name="Turn">The job whose turn it is; null if executions of this kind do not wait for turns.</param>
internal sealed record StartExecution(
    WorkId Work,
    object Vertex,
    IReadOnlyList<ResultId> Inputs,
    IReadOnlyList<CacheDigest> Digests,
    IReadOnlyList<KeyInput> Keys,
    JobId? Turn) : Start(Work, Vertex)
{
    /// <summary>The store may know keys of the vertex: it has no result that could be used, or was not asked.</summary>
    public bool HasKeys { get; init; }
}
