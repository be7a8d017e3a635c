using Cairn.Cache.Refs;

namespace Cairn.Cache.Keys;

/// <summary>A result that hangs at a key.</summary>
/// <param name="Key">The key.</param>
/// <param name="Ref">The record; null for scratch, which is always there.</param>
/// <param name="Created">When it was saved.</param>
public sealed record CacheResult(CacheKeyId Key, RefId? Ref, DateTimeOffset Created);
