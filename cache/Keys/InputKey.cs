using Cairn.Llb;

namespace Cairn.Cache.Keys;

/// <summary>One key of an input, and what part of the input counts.</summary>
/// <param name="Key">The input's key.</param>
/// <param name="Selector">Digest of the selected paths; null when the key alone counts, as for content keys.</param>
public readonly record struct InputKey(CacheKeyId Key, Digest? Selector);
