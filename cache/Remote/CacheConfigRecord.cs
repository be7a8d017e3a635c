using Cairn.Llb;

namespace Cairn.Cache.Remote;

/// <summary>One key of an exported cache.</summary>
/// <param name="Digest">SHA-256 of <c>digest@output</c>.</param>
/// <param name="Inputs">By input, at least one key that may stand there; empty for a source, and for content.</param>
public sealed record CacheConfigRecord(Digest Digest, IReadOnlyList<IReadOnlyList<CacheConfigLink>> Inputs)
{
    /// <summary>Results by their top layer.</summary>
    public IReadOnlyList<CacheConfigResult> Layers { get; init; } = [];

    /// <summary>Results by all their layers.</summary>
    public IReadOnlyList<CacheConfigChain> Chains { get; init; } = [];
}
