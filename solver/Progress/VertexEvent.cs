using Cairn.Llb;

namespace Cairn.Solver.Progress;

/// <summary>All that is known of a vertex now: announced (no times), started, or completed. A vertex may start and complete more than once.</summary>
/// <param name="Vertex">Equal digest, same vertex.</param>
/// <param name="Name">For people.</param>
/// <param name="Inputs">One digest for each input of the op.</param>
/// <param name="Started">Begin of the present interval.</param>
/// <param name="Completed">End of the present interval.</param>
/// <param name="Cached">The result came from the cache.</param>
/// <param name="Error">Why it failed; null if it did not.</param>
/// <param name="Group">Vertices of one group are shown as one line.</param>
public sealed record VertexEvent(
    Digest Vertex,
    string Name,
    IReadOnlyList<Digest> Inputs,
    DateTimeOffset? Started,
    DateTimeOffset? Completed,
    bool Cached,
    string? Error,
    ProgressGroup? Group) : BuildEvent;
