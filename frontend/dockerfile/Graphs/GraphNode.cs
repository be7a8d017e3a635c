using Cairn.Llb.Graphs;
using Pb = Cairn.Protos.Pb;

namespace Cairn.Frontend.Dockerfile.Graphs;

/// <summary>A vertex on the way to LLB. It is written when the whole graph is known, so a source may still learn what is wanted of it.</summary>
internal abstract class GraphNode(NodeNotes notes)
{
    public NodeNotes Notes { get; } = notes;

    /// <summary>What must be written before this node, in the order the reference client visits it.</summary>
    public abstract IReadOnlyList<GraphEdge> Inputs { get; }

    /// <summary>The bytes of the op.</summary>
    /// <param name="digestOf">Digest of an input, which has been written already.</param>
    public virtual byte[] Encode(Func<GraphNode, string> digestOf) => WireEncoding.Encode(BuildOp(digestOf));

    public abstract Pb.OpMetadata BuildMetadata();

    protected abstract Pb.Op BuildOp(Func<GraphNode, string> digestOf);

    protected static Pb.Input Input(GraphEdge edge, Func<GraphNode, string> digestOf) =>
        new() { Digest = digestOf(edge.Node), Index = edge.Output };
}
