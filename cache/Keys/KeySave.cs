using Cairn.Cache.Refs;

namespace Cairn.Cache.Keys;

/// <summary>A result to remember under the keys of its inputs.</summary>
/// <param name="Query">Operation, output and all known keys of the inputs.</param>
/// <param name="HasResult">Whether there is a result; otherwise only the key is remembered, so that what is built on it is found.</param>
/// <param name="Result">The result, null for scratch; borrowed. Its rows are written in the same transaction.</param>
public sealed record KeySave(KeyQuery Query, bool HasResult, ImmutableRef? Result)
{
    /// <summary>
    /// The inputs led to no key when that was looked for. It is not looked for again, so that the key has the name that follows from the inputs, also if
    /// somebody else has recorded one meanwhile.
    /// </summary>
    public bool IsNew { get; init; }
}
