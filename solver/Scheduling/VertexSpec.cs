using Cairn.Llb;

namespace Cairn.Solver.Scheduling;

/// <summary>A vertex as a job brings it.</summary>
/// <param name="Digest">Vertices of equal digest are one, whichever job they come from.</param>
/// <param name="Inputs">In the order of the op.</param>
/// <param name="IgnoresCache">No stored result is taken for it.</param>
/// <param name="IsLimited">Carrying it out counts against the limit.</param>
/// <param name="Payload">Means nothing to the graph; goes with every command about the vertex.</param>
internal sealed record VertexSpec(
    Digest Digest, IReadOnlyList<InputSpec> Inputs, bool IgnoresCache, bool IsLimited, object Payload);
