using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Cairn.Cache.Refs;

/// <summary>Names one record of the cache: a list of layers that somebody asked for. Never used twice.</summary>
/// <param name="Value">63 random bits, never zero.</param>
public readonly record struct RefId(long Value) : IComparable<RefId>
{
    private const string Digits = "0123456789abcdefghijklmnopqrstuvwxyz";
    private const int Length = 13;   // 36^13 > 2^63

    /// <summary>Reads the text form.</summary>
    /// <param name="text">Thirteen characters of base 36.</param>
    /// <param name="id">The id, if the text is one.</param>
    /// <returns>Whether the text is a ref id.</returns>
    public static bool TryParse([NotNullWhen(true)] string? text, out RefId id)
    {
        id = default;
        if (text is null || text.Length != Length)
        {
            return false;
        }
        UInt128 value = 0;
        foreach (char c in text)
        {
            int digit = Digits.IndexOf(c, StringComparison.Ordinal);
            if (digit < 0)
            {
                return false;
            }
            value = (value * 36) + (uint)digit;
        }
        if (value == 0 || value > long.MaxValue)
        {
            return false;
        }
        id = new RefId((long)value);
        return true;
    }

    /// <summary>Orders by value.</summary>
    public static bool operator <(RefId left, RefId right) => left.Value < right.Value;

    /// <summary>Orders by value.</summary>
    public static bool operator >(RefId left, RefId right) => left.Value > right.Value;

    /// <summary>Orders by value.</summary>
    public static bool operator <=(RefId left, RefId right) => left.Value <= right.Value;

    /// <summary>Orders by value.</summary>
    public static bool operator >=(RefId left, RefId right) => left.Value >= right.Value;

    /// <inheritdoc/>
    public int CompareTo(RefId other) => Value.CompareTo(other.Value);

    /// <summary>Thirteen characters of base 36.</summary>
    public override string ToString() => string.Create(Length, Value, static (text, value) =>
    {
        for (int i = text.Length - 1; i >= 0; i--)
        {
            text[i] = Digits[(int)(value % 36)];
            value /= 36;
        }
    });

    internal static RefId New() => new(NewNumber());

    internal static long NewNumber()
    {
        Span<byte> bytes = stackalloc byte[8];
        long value;
        do
        {
            RandomNumberGenerator.Fill(bytes);
            value = BitConverter.ToInt64(bytes) & long.MaxValue;
        }
        while (value == 0);
        return value;
    }
}
