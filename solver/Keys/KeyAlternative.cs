using Cairn.Llb;

namespace Cairn.Solver.Keys;

/// <summary>One key that an input may have.</summary>
/// <param name="Key">Its index in the list of keys that this one is in.</param>
/// <param name="Selector">Which part of the input counts; null for the whole, and for content.</param>
public readonly record struct KeyAlternative(int Key, Digest? Selector);
