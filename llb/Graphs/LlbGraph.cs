using Cairn.Protos.Pb;

namespace Cairn.Llb.Graphs;

/// <summary>A definition that was read and found valid: vertices and the edge that is wanted. Immutable.</summary>
public sealed class LlbGraph
{
    internal LlbGraph(IReadOnlyList<Vertex> vertices, Edge? terminal)
    {
        Vertices = vertices;
        Terminal = terminal;
    }

    /// <summary>All vertices that the wanted edge needs, inputs before users; vertices of equal digest are one.</summary>
    public IReadOnlyList<Vertex> Vertices { get; }

    /// <summary>What is to be built; null for an empty definition, which is scratch.</summary>
    public Edge? Terminal { get; }

    /// <summary>Reads a definition. Takes time in proportion to its size.</summary>
    /// <exception cref="BuildException">Input: the definition is invalid; the message says "failed to load LLB", and what and where.</exception>
    public static LlbGraph Load(Definition definition) => Load(definition, new LoadOptions());

    /// <summary>Reads a definition, with sources rewritten. Takes time in proportion to its size.</summary>
    /// <exception cref="BuildException">Input: the definition is invalid; the message says "failed to load LLB", and what and where.</exception>
    public static LlbGraph Load(Definition definition, LoadOptions options)
    {
        ArgumentNullException.ThrowIfNull(definition);
        ArgumentNullException.ThrowIfNull(options);
        return definition.Def.Count == 0 ? new LlbGraph([], null) : new GraphLoader(definition, options).Load();
    }

    /// <summary>Reads the bytes of a definition.</summary>
    /// <exception cref="BuildException">Input: no definition, or an invalid one.</exception>
    public static LlbGraph Load(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return Load(Definition.Parser.ParseFrom(bytes));
        }
        catch (Google.Protobuf.InvalidProtocolBufferException e)
        {
            throw GraphLoader.Invalid("invalid definition: the bytes are not a serialised pb.Definition", e);
        }
    }
}
