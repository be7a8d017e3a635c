using Cairn.Llb;

namespace Cairn.Solver.Debugging;

/// <summary>A vertex that something waits for.</summary>
/// <param name="Vertex">Its digest.</param>
/// <param name="Name">For people.</param>
/// <param name="States">What is under way for it, and what it waits for itself; at least one.</param>
public sealed record VertexWaits(Digest Vertex, string Name, IReadOnlyList<string> States);
