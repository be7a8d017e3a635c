using Pb = Cairn.Protos.Pb;

namespace Cairn.Frontend.Dockerfile.Graphs;

/// <summary>Trees stacked in order, later on top.</summary>
internal sealed class MergeNode(IReadOnlyList<GraphEdge> layers, NodeNotes notes) : GraphNode(notes)
{
    private static readonly string[] Capabilities = ["mergeop"];

    public override IReadOnlyList<GraphEdge> Inputs => layers;

    public override Pb.OpMetadata BuildMetadata() => Notes.ToMetadata(Capabilities);

    protected override Pb.Op BuildOp(Func<GraphNode, string> digestOf)
    {
        var op = new Pb.Op { Merge = new Pb.MergeOp(), Constraints = new Pb.WorkerConstraints() };
        for (int i = 0; i < layers.Count; i++)
        {
            op.Inputs.Add(Input(layers[i], digestOf));
            op.Merge.Inputs.Add(new Pb.MergeInput { Input = i });
        }
        return op;
    }
}
