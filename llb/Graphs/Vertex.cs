using Cairn.Protos.Pb;

namespace Cairn.Llb.Graphs;

/// <summary>One operation of a graph with its inputs, named by its digest.</summary>
public sealed class Vertex
{
    internal Vertex(VertexBytes bytes, OpMetadata metadata, IReadOnlyList<Edge> inputs, Platform platform, IReadOnlyList<SourceLocation> sources)
    {
        Digest = bytes.Digest;
        ClientDigest = bytes.ClientDigest;
        Op = bytes.Op;
        Bytes = bytes.Bytes;
        IsProxied = bytes.IsProxied;
        Metadata = metadata;
        Inputs = inputs;
        Platform = platform;
        Sources = sources;
        OutputCount = OpOutputs.Count(Op);
        Name = VertexName.Of(this);
    }

    /// <summary>SHA-256 of <see cref="Bytes"/>; of a proxied run also of the mark that says so.</summary>
    public Digest Digest { get; }

    /// <summary>The digest that the definition had; differs from <see cref="Digest"/> where a source was rewritten at or below this vertex.</summary>
    public Digest ClientDigest { get; }

    /// <summary>The operation. Not to be changed.</summary>
    public Op Op { get; }

    /// <summary>The operation's bytes: the client's own, unless it was rewritten.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>What was said of the operation beside it; empty when nothing was. Not to be changed.</summary>
    public OpMetadata Metadata { get; }

    /// <summary>By input index.</summary>
    public IReadOnlyList<Edge> Inputs { get; }

    /// <summary>In normal form; that of the machine where the op has none.</summary>
    public Platform Platform { get; }

    /// <summary>Where it was written.</summary>
    public IReadOnlyList<SourceLocation> Sources { get; }

    /// <summary>How many outputs it has; may be 0 for a run that keeps nothing.</summary>
    public int OutputCount { get; }

    /// <summary>A run whose network goes through the build's proxy.</summary>
    public bool IsProxied { get; }

    /// <summary>The display name: the custom one, or one made from the operation.</summary>
    public string Name { get; }

    /// <summary>Which operation it is.</summary>
    public Op.OpOneofCase Kind => Op.OpCase;

    /// <summary>Kind and digest, for messages.</summary>
    public override string ToString() => $"{Kind} {Digest}";
}
