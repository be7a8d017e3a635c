using Cairn.Llb;
using Pb = Cairn.Protos.Pb;

namespace Cairn.Frontend.Dockerfile.Graphs;

/// <summary>Something that comes from outside: an image, a directory of the client, a repository, a file.</summary>
internal class SourceNode(string identifier, NodeNotes notes) : GraphNode(notes)
{
    /// <summary>Attributes; empty values are not left out.</summary>
    public SortedDictionary<string, string> Attributes { get; } = new(StringComparer.Ordinal);

    public SortedSet<string> Capabilities { get; } = new(StringComparer.Ordinal);

    /// <summary>Set for images only.</summary>
    public Platform? Platform { get; init; }

    public override IReadOnlyList<GraphEdge> Inputs => [];

    public override Pb.OpMetadata BuildMetadata() => Notes.ToMetadata(Capabilities);

    /// <summary>Sets an attribute and the capability that goes with it.</summary>
    public SourceNode With(string attribute, string value, string? capability)
    {
        Attributes[attribute] = value;
        if (capability is not null)
        {
            Capabilities.Add(capability);
        }
        return this;
    }

    protected override Pb.Op BuildOp(Func<GraphNode, string> digestOf)
    {
        var source = new Pb.SourceOp { Identifier = identifier };
        foreach ((string name, string value) in Attributes)
        {
            source.Attrs.Add(name, value);
        }
        return new Pb.Op { Source = source, Platform = Platform?.ToMessage(), Constraints = new Pb.WorkerConstraints() };
    }
}
