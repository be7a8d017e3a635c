using Cairn.Protos.Pb;

namespace Cairn.Llb.Building.Nodes;

/// <summary>A diff.</summary>
internal sealed class DiffNode(NodeOutput lower, NodeOutput? upper, VertexOptions options) : BuildNode(options)
{
    public override IEnumerable<NodeOutput> Inputs => upper is null ? [lower] : [lower, upper];

    public override void Write(OpDraft draft)
    {
        draft.Capabilities.Add(Capabilities.DiffOp);
        draft.Op.Diff = new DiffOp
        {
            Lower = new LowerDiffInput { Input = draft.AppendInput(lower) },
            Upper = new UpperDiffInput { Input = upper is null ? -1 : draft.AppendInput(upper) },
        };
    }
}
