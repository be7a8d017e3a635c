using Cairn.Protos.Pb;

namespace Cairn.Llb.Building.Nodes;

/// <summary>A merge.</summary>
internal sealed class MergeNode(IReadOnlyList<NodeOutput> inputs, VertexOptions options) : BuildNode(options)
{
    public override IEnumerable<NodeOutput> Inputs => inputs;

    public override void Write(OpDraft draft)
    {
        draft.Capabilities.Add(Capabilities.MergeOp);
        draft.Op.Merge = new MergeOp();
        foreach (NodeOutput input in inputs)
        {
            draft.Op.Merge.Inputs.Add(new MergeInput { Input = draft.AppendInput(input) });
        }
    }
}
