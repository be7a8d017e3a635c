using Cairn.Llb;

namespace Cairn.Cache.Remote;

/// <summary>One key that an input may have.</summary>
/// <param name="Record">Index of its record.</param>
/// <param name="Selector">Which part of the input counts; null for the whole, and for content.</param>
public readonly record struct CacheConfigLink(int Record, Digest? Selector);
