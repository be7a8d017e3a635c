using Cairn.Llb;

namespace Cairn.Solver.Progress;

/// <summary>Output of a step, cut anywhere.</summary>
/// <param name="Vertex">The step.</param>
/// <param name="Stream">1 standard output, 2 standard error.</param>
/// <param name="Bytes">As the process wrote them.</param>
/// <param name="Timestamp">When they were read.</param>
public sealed record LogEvent(Digest Vertex, int Stream, ReadOnlyMemory<byte> Bytes, DateTimeOffset Timestamp) : BuildEvent;
