using Cairn.Protos.Pb;

namespace Cairn.Llb.Graphs;

/// <summary>How a definition is read.</summary>
public sealed record LoadOptions
{
    /// <summary>Platform of ops that name none; null for this machine's.</summary>
    public Platform? DefaultPlatform { get; init; }

    /// <summary>Runs that use the network do so behind the build's proxy; this changes their digests.</summary>
    public bool ProxyNetwork { get; init; }

    /// <summary>Sources to put in place of others, by the digest they have in the definition; what policies decided.</summary>
    public IReadOnlyDictionary<Digest, SourceOp> Replacements { get; init; } = new Dictionary<Digest, SourceOp>();
}
