using System.Globalization;
using System.Text;
using Cairn.Llb;

namespace Cairn.Cache.Keys;

/// <summary>Names a cache key. A volatile one (<c>random:…</c>) is good for the running build only and never stored.</summary>
/// <param name="Value">A digest in text form, or <c>random:</c> and hexadecimal digits.</param>
public readonly record struct CacheKeyId(string Value) : IComparable<CacheKeyId>
{
    private const string VolatilePrefix = "random:";

    /// <summary>Whether the key must not be stored.</summary>
    public bool IsVolatile => Value.StartsWith(VolatilePrefix, StringComparison.Ordinal);

    /// <summary>The key of a vertex without inputs, or of selected content.</summary>
    /// <param name="digest">Digest in text form; a text that starts with <c>random:</c> gives a volatile key.</param>
    /// <param name="output">Index of the output; -1 for content.</param>
    /// <returns>SHA-256 of <c>digest@output</c>.</returns>
    /// <remarks>Source: llb-semantics, section 3.</remarks>
    public static CacheKeyId Root(string digest, int output)
    {
        ArgumentNullException.ThrowIfNull(digest);
        Digest hash = Digest.Sha256(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{digest}@{output}")));
        return digest.StartsWith(VolatilePrefix, StringComparison.Ordinal)
            ? new CacheKeyId(VolatilePrefix + hash.Hex)
            : new CacheKeyId(hash.ToString());
    }

    /// <summary>The key of content that was selected from an input.</summary>
    public static CacheKeyId Content(Digest content) => Root(content.ToString(), -1);

    /// <summary>The key of a vertex with inputs: a function of operation, output and input keys, so that equal vertices have equal keys.</summary>
    /// <param name="operation">Digest of the cache map.</param>
    /// <param name="output">Index of the output.</param>
    /// <param name="inputs">The keys of each input.</param>
    /// <returns>Volatile if an input has no key that may be stored.</returns>
    public static CacheKeyId Derived(Digest operation, int output, IReadOnlyList<InputKeys> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{operation}@{output}");
        bool isVolatile = false;
        foreach (InputKeys input in inputs)
        {
            text.Append('\n');
            List<InputKey> keys = [.. input.Keys.Where(key => !key.Key.IsVolatile)];
            if (keys.Count == 0)
            {
                isVolatile = true;
                keys = [.. input.Keys];
            }
            foreach (InputKey key in keys.OrderBy(key => key.Key).ThenBy(key => key.Selector?.ToString(), StringComparer.Ordinal))
            {
                text.Append(key.Key.Value).Append(' ').Append(key.Selector?.ToString()).Append(';');
            }
        }
        Digest hash = Digest.Sha256(Encoding.UTF8.GetBytes(text.ToString()));
        return new CacheKeyId(isVolatile ? VolatilePrefix + hash.Hex : hash.ToString());
    }

    /// <summary>Ordinal order.</summary>
    public static bool operator <(CacheKeyId left, CacheKeyId right) => left.CompareTo(right) < 0;

    /// <summary>Ordinal order.</summary>
    public static bool operator >(CacheKeyId left, CacheKeyId right) => left.CompareTo(right) > 0;

    /// <summary>Ordinal order.</summary>
    public static bool operator <=(CacheKeyId left, CacheKeyId right) => left.CompareTo(right) <= 0;

    /// <summary>Ordinal order.</summary>
    public static bool operator >=(CacheKeyId left, CacheKeyId right) => left.CompareTo(right) >= 0;

    /// <inheritdoc/>
    public int CompareTo(CacheKeyId other) => string.CompareOrdinal(Value, other.Value);

    /// <inheritdoc/>
    public override string ToString() => Value;
}
