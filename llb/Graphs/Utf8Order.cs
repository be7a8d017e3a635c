namespace Cairn.Llb.Graphs;

/// <summary>Orders strings as their UTF-8 bytes are ordered, which is by code point.</summary>
/// <remarks>Ordinal comparison goes by UTF-16 units and puts U+E000 to U+FFFF after the surrogates of higher code points.</remarks>
public sealed class Utf8Order : IComparer<string>
{
    /// <summary>The only instance; it has no state.</summary>
    public static Utf8Order Instance { get; } = new();

    /// <inheritdoc/>
    public int Compare(string? x, string? y)
    {
        if (x is null || y is null)
        {
            return (x is null ? 0 : 1) - (y is null ? 0 : 1);
        }

        int common = x.AsSpan().CommonPrefixLength(y);
        if (common == x.Length || common == y.Length)
        {
            return x.Length - y.Length;
        }

        char a = x[common];
        char b = y[common];
        return char.IsSurrogate(a) == char.IsSurrogate(b) ? a - b : char.IsSurrogate(a) ? 1 : -1;
    }
}
