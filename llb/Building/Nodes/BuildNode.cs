namespace Cairn.Llb.Building.Nodes;

/// <summary>An operation being described; it becomes a vertex when it is marshalled.</summary>
internal abstract class BuildNode(VertexOptions options)
{
    public VertexOptions Options => options;

    /// <summary>What has to be marshalled before, in the order in which that is done.</summary>
    public abstract IEnumerable<NodeOutput> Inputs { get; }

    /// <summary>Writes inputs and kind; platform and constraints are the marshaller's.</summary>
    public abstract void Write(OpDraft draft);

    /// <summary>The platform the operation is for, where it has one of its own.</summary>
    public virtual Platform? Platform => options.Platform;
}
