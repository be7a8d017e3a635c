namespace Cairn.Solver.Ops;

/// <summary>The key of a vertex as its definition gives it.</summary>
/// <param name="Digest">What is done, without its inputs.</param>
/// <param name="Inputs">One per input of the vertex.</param>
/// <param name="HasMore">A further cache map may find more (an image by its config, after its manifest).</param>
public sealed record CacheMap(CacheDigest Digest, IReadOnlyList<CacheMapInput> Inputs, bool HasMore)
{
    /// <summary>What a source was resolved to (manifest digest, commit, digest of a file); null if nothing. No part of the key.</summary>
    public string? Pin { get; init; }
}
