using Cairn.Llb;
using Google.Protobuf;
using Pb = Cairn.Protos.Pb;

namespace Cairn.Frontend.Dockerfile.Graphs;

/// <summary>A vertex of a definition that the client gave; its bytes stay as they are.</summary>
internal sealed class ImportedNode : GraphNode
{
    private readonly byte[] _bytes;
    private readonly Pb.OpMetadata _metadata;

    private ImportedNode(byte[] bytes, IReadOnlyList<GraphEdge> inputs, Pb.OpMetadata metadata)
        : base(new NodeNotes())
    {
        _bytes = bytes;
        _metadata = metadata;
        Inputs = inputs;
    }

    public override IReadOnlyList<GraphEdge> Inputs { get; }

    /// <summary>The result of a definition; null for an empty one.</summary>
    /// <param name="definition">Inputs stand before the ops that use them.</param>
    /// <param name="name">For the error.</param>
    /// <exception cref="BuildException">An input is missing.</exception>
    public static GraphEdge? Load(Pb.Definition definition, string name)
    {
        var nodes = new Dictionary<string, ImportedNode>(StringComparer.Ordinal);
        IReadOnlyList<GraphEdge> last = [];
        foreach (ByteString bytes in definition.Def)
        {
            string digest = Digest.Sha256(bytes.Span).ToString();
            last = [.. Pb.Op.Parser.ParseFrom(bytes).Inputs.Select(input => nodes.TryGetValue(input.Digest, out ImportedNode? node)
                ? new GraphEdge(node, input.Index)
                : throw new BuildException(ErrorKind.Input, "load input", name, $"invalid missing input digest {input.Digest}"))];
            Pb.OpMetadata metadata = definition.Metadata.TryGetValue(digest, out Pb.OpMetadata? found) ? found : new Pb.OpMetadata();
            nodes[digest] = new ImportedNode(bytes.ToByteArray(), last, metadata);
        }
        return last.Count > 0 ? last[0] : null;
    }

    public override byte[] Encode(Func<GraphNode, string> digestOf) => _bytes;

    public override Pb.OpMetadata BuildMetadata() => _metadata;

    protected override Pb.Op BuildOp(Func<GraphNode, string> digestOf) => Pb.Op.Parser.ParseFrom(_bytes);
}
