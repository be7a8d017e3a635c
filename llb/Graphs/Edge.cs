namespace Cairn.Llb.Graphs;

/// <summary>One output of a vertex; what gets solved.</summary>
/// <param name="Vertex">The operation.</param>
/// <param name="OutputIndex">Which of its outputs, from 0.</param>
public readonly record struct Edge(Vertex Vertex, int OutputIndex)
{
    /// <summary>Digest and index, for messages.</summary>
    public override string ToString() => $"{Vertex.Digest}:{OutputIndex}";
}
