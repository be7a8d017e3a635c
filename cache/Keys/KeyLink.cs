using Cairn.Llb;

namespace Cairn.Cache.Keys;

/// <summary>One way to a key: an input's key that leads to it.</summary>
/// <param name="Source">The input's key.</param>
/// <param name="Input">Index of the input.</param>
/// <param name="Output">Index of the output of the operation.</param>
/// <param name="Operation">Digest of the cache map.</param>
/// <param name="Selector">Digest of the selected paths, or null.</param>
public sealed record KeyLink(CacheKeyId Source, int Input, int Output, Digest Operation, Digest? Selector);
