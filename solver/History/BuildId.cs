using System.Security.Cryptography;
using System.Text.Json.Serialization;

namespace Cairn.Solver.History;

/// <summary>Names one recorded build in its store. Never used twice.</summary>
/// <param name="Value">Sixteen lower-case letters and digits, a letter first.</param>
[JsonConverter(typeof(BuildIdConverter))]
public readonly record struct BuildId(string Value) : IComparable<BuildId>
{
    private const string Letters = "abcdefghijklmnopqrstuvwxyz";
    private const string Characters = Letters + "0123456789";
    private const int Length = 16;

    /// <summary>A name that no build has.</summary>
    public static BuildId New() => new(RandomNumberGenerator.GetString(Letters, 1) + RandomNumberGenerator.GetString(Characters, Length - 1));

    /// <summary>Whether the text has the form of an id.</summary>
    public static bool IsId(string? text) =>
        text is { Length: Length } && char.IsAsciiLetterLower(text[0]) && text.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c));

    /// <summary>Ordinal order.</summary>
    public static bool operator <(BuildId left, BuildId right) => left.CompareTo(right) < 0;

    /// <summary>Ordinal order.</summary>
    public static bool operator >(BuildId left, BuildId right) => left.CompareTo(right) > 0;

    /// <summary>Ordinal order.</summary>
    public static bool operator <=(BuildId left, BuildId right) => left.CompareTo(right) <= 0;

    /// <summary>Ordinal order.</summary>
    public static bool operator >=(BuildId left, BuildId right) => left.CompareTo(right) >= 0;

    /// <inheritdoc/>
    public int CompareTo(BuildId other) => string.CompareOrdinal(Value, other.Value);

    /// <inheritdoc/>
    public override string ToString() => Value ?? string.Empty;
}
