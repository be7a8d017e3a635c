using Cairn.Cache.Checksums;
using Cairn.Llb;

namespace Cairn.Solver.Ops;

/// <summary>How one input takes part in the key.</summary>
/// <param name="Selector">Which part of the input counts; null if the whole does.</param>
/// <param name="Content">
/// What of the input is hashed for a key by content, so that different inputs of equal content give the same key; null if the input has no such key.
/// </param>
public sealed record CacheMapInput(Digest? Selector, IReadOnlyList<ContentSelector>? Content)
{
    /// <summary>The input counts as a whole, by definition only.</summary>
    public static CacheMapInput DefinitionOnly { get; } = new(null, null);
}
