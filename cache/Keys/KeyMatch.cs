namespace Cairn.Cache.Keys;

/// <summary>The answer to a <see cref="KeyQuery"/>.</summary>
/// <param name="Keys">Stored keys that some key of every input leads to, in ordinal order.</param>
/// <param name="Inputs">For each input whether some key of it leads to any stored key, by itself. Null unless that was asked.</param>
public sealed record KeyMatch(IReadOnlyList<CacheKeyId> Keys, IReadOnlyList<bool>? Inputs)
{
    /// <summary>What this answer or another one, to the same query, says.</summary>
    internal KeyMatch Or(KeyMatch other) => new(
        [.. Keys.Union(other.Keys).Order()], Inputs is null || other.Inputs is null ? Inputs : [.. Inputs.Zip(other.Inputs, (one, two) => one || two)]);
}
