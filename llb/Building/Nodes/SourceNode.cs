using Cairn.Protos.Pb;

namespace Cairn.Llb.Building.Nodes;

/// <summary>A source.</summary>
internal sealed class SourceNode(SourceAttributes source, VertexOptions options) : BuildNode(options)
{
    public override IEnumerable<NodeOutput> Inputs => [];

    public override void Write(OpDraft draft)
    {
        draft.Op.Source = new SourceOp { Identifier = source.Identifier };
        draft.HasPlatform = source.HasPlatform;
        draft.Capabilities.UnionWith(source.Capabilities);
        foreach ((string key, string value) in source.Attributes)
        {
            draft.Op.Source.Attrs[key] = value;
        }

        if (source.NeedsUniqueId)
        {
            draft.Op.Source.Attrs["local.unique"] = draft.LocalUniqueId;
            draft.Capabilities.Add(Capabilities.SourceLocalUnique);
        }
    }
}
