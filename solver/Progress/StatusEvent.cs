using Cairn.Llb;

namespace Cairn.Solver.Progress;

/// <summary>How far an item of work within a vertex is.</summary>
/// <param name="Vertex">The vertex that the item belongs to.</param>
/// <param name="Id">Names the item within the vertex and is shown as its text.</param>
/// <param name="Name">The action (<c>transferring</c>, <c>extracting</c>); often empty.</param>
/// <param name="Current">Bytes done.</param>
/// <param name="Total">Bytes in all; 0 if that is not known.</param>
/// <param name="Timestamp">When it was so.</param>
/// <param name="Started">When the item began.</param>
/// <param name="Completed">When it ended; null while it runs.</param>
public sealed record StatusEvent(
    Digest Vertex,
    string Id,
    string Name,
    long Current,
    long Total,
    DateTimeOffset Timestamp,
    DateTimeOffset? Started,
    DateTimeOffset? Completed) : BuildEvent;
