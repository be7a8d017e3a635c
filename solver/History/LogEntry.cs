using Cairn.Llb;

namespace Cairn.Solver.History;

/// <summary>A piece of what a step printed, cut anywhere.</summary>
/// <param name="Step">The step.</param>
/// <param name="Name">Its name.</param>
/// <param name="Stream">1 standard output, 2 standard error.</param>
/// <param name="Time">Milliseconds since the build began.</param>
/// <param name="Bytes">As the process wrote them.</param>
public sealed record LogEntry(Digest Step, string Name, int Stream, double Time, ReadOnlyMemory<byte> Bytes);
