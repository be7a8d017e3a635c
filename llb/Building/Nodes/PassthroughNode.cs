using Cairn.Protos.Pb;

namespace Cairn.Llb.Building.Nodes;

/// <summary>The first input, once all inputs could be built.</summary>
internal sealed class PassthroughNode(string id, IReadOnlyList<NodeOutput> inputs, VertexOptions options) : BuildNode(options)
{
    public override IEnumerable<NodeOutput> Inputs => inputs;

    public override void Write(OpDraft draft)
    {
        draft.Capabilities.Add(Capabilities.PassthroughOp);
        draft.Op.Passthrough = new PassthroughOp { Id = id };
        draft.Op.Passthrough.Outputs.Add(0);
        foreach (NodeOutput input in inputs)
        {
            draft.AddInput(input);
        }
    }
}
