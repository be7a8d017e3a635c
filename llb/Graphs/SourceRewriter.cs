using System.Security.Cryptography;
using Cairn.Protos.Pb;

namespace Cairn.Llb.Graphs;

/// <summary>Gives ops their final form and digest: sources normalised or replaced, and the users of what changed after them.</summary>
internal sealed class SourceRewriter(LoadOptions options)
{
    private static ReadOnlySpan<byte> ProxyMark => "\0buildkit.proxy-network.v0"u8;

    /// <param name="read">The op of the definition.</param>
    /// <param name="inputs">Its inputs in their final form.</param>
    /// <returns>The op itself, with the client's bytes, unless something changed.</returns>
    public VertexBytes Rewrite(VertexBytes read, Edge[] inputs)
    {
        SourceOp? source = NewSource(read);
        bool isChanged = source is not null;
        for (int i = 0; i < inputs.Length && !isChanged; i++)
        {
            isChanged = inputs[i].Vertex.Digest.ToString() != read.Op.Inputs[i].Digest;
        }

        VertexBytes result = isChanged ? Write(read, source, inputs) : read;
        bool isProxied = options.ProxyNetwork && read.Op.OpCase == Op.OpOneofCase.Exec && read.Op.Exec.Network != NetMode.None;
        return isProxied ? result with { IsProxied = true, Digest = ProxiedDigest(result.Bytes) } : result;
    }

    private static VertexBytes Write(VertexBytes read, SourceOp? source, Edge[] inputs)
    {
        Op op = read.Op.Clone();
        for (int i = 0; i < inputs.Length; i++)
        {
            op.Inputs[i].Digest = inputs[i].Vertex.Digest.ToString();
        }

        if (source is not null)
        {
            op.Source = source;
        }

        byte[] bytes = WireEncoding.Encode(op);
        return read with { Op = op, Bytes = bytes, Digest = Digest.Sha256(bytes) };
    }

    private static Digest ProxiedDigest(ReadOnlyMemory<byte> bytes)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(bytes.Span);
        hash.AppendData(ProxyMark);
        return Digest.FromHash(hash);
    }

    private SourceOp? NewSource(VertexBytes read)
    {
        if (read.Op.OpCase != Op.OpOneofCase.Source)
        {
            return null;
        }

        if (options.Replacements.TryGetValue(read.ClientDigest, out SourceOp? replacement))
        {
            return replacement;
        }

        string normal = SourceIdentifier.Normalize(read.Op.Source.Identifier);
        if (normal == read.Op.Source.Identifier)
        {
            return null;
        }

        SourceOp renamed = read.Op.Source.Clone();
        renamed.Identifier = normal;
        return renamed;
    }
}
