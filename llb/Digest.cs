using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Cairn.Llb;

/// <summary>The name of bytes: an algorithm and the hash in lower-case hexadecimal, <c>sha256:…</c>.</summary>
/// <remarks>
/// Made here digests are SHA-256. Others, such as sha512 and blake3, are read and compared but not computed. The default value is no digest;
/// use <c>Digest?</c> for "perhaps none". Source: OCI image-spec, descriptor.md, "Digests".
/// </remarks>
public readonly struct Digest : IEquatable<Digest>, IComparable<Digest>
{
    /// <summary>The algorithm of every digest made here.</summary>
    public const string Sha256Algorithm = "sha256";

    private const int Sha256HexLength = 2 * SHA256.HashSizeInBytes;
    private const int MinimumHexLength = 32;

    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");

    private readonly string? _text;

    private Digest(string text) => _text = text;

    /// <summary>The part before the colon.</summary>
    public string Algorithm => Text[..Text.IndexOf(':', StringComparison.Ordinal)];

    /// <summary>The part after the colon; 64 characters for SHA-256.</summary>
    public string Hex => Text[(Text.IndexOf(':', StringComparison.Ordinal) + 1)..];

    private string Text => _text ?? string.Empty;

    /// <summary>Hashes bytes that are at hand.</summary>
    public static Digest Sha256(ReadOnlySpan<byte> bytes)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes, hash);
        return FromSha256Hash(hash);
    }

    /// <summary>Ends a SHA-256 that was fed piece by piece, and resets it.</summary>
    public static Digest FromHash(IncrementalHash sha256)
    {
        ArgumentNullException.ThrowIfNull(sha256);
        if (sha256.AlgorithmName != HashAlgorithmName.SHA256)
        {
            throw new ArgumentException("the hash is not SHA-256", nameof(sha256));
        }

        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        sha256.GetHashAndReset(hash);
        return FromSha256Hash(hash);
    }

    /// <summary>The digest with this SHA-256.</summary>
    /// <param name="hash">32 bytes.</param>
    public static Digest FromSha256Hash(ReadOnlySpan<byte> hash)
    {
        if (hash.Length != SHA256.HashSizeInBytes)
        {
            throw new ArgumentException("a SHA-256 has 32 bytes", nameof(hash));
        }

        return new Digest(string.Concat("sha256:", Convert.ToHexStringLower(hash)));
    }

    /// <summary>Reads <c>algorithm:hex</c>; the length is checked for the algorithms that are registered.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out Digest digest)
    {
        digest = default;
        int colon = text is null ? -1 : text.IndexOf(':', StringComparison.Ordinal);
        if (text is null || colon <= 0 || !IsAlgorithm(text.AsSpan(0, colon)))
        {
            return false;
        }

        ReadOnlySpan<char> hex = text.AsSpan(colon + 1);
        int length = LengthFor(text.AsSpan(0, colon));
        if (length > 0 ? hex.Length != length : hex.Length < MinimumHexLength)
        {
            return false;
        }

        if (hex.ContainsAnyExcept(HexDigits))
        {
            return false;
        }

        digest = new Digest(text);
        return true;
    }

    /// <summary>Reads <c>algorithm:hex</c>.</summary>
    /// <exception cref="BuildException">Input: the text is not a digest.</exception>
    public static Digest Parse(string text) => TryParse(text, out Digest digest)
        ? digest
        : throw new BuildException(ErrorKind.Input, "read digest", $"\"{text}\"", "it is not of the form sha256:<64 hexadecimal digits>");

    /// <summary>Writes the hash of a digest as bytes.</summary>
    public byte[] ToHashBytes() => Convert.FromHexString(Hex);

    /// <inheritdoc/>
    public bool Equals(Digest other) => string.Equals(_text, other._text, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Digest other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => Text.GetHashCode(StringComparison.Ordinal);

    /// <summary>Ordinal order of the text.</summary>
    public int CompareTo(Digest other) => string.CompareOrdinal(_text, other._text);

    /// <summary><c>algorithm:hex</c>; empty for the default value.</summary>
    public override string ToString() => Text;

    /// <summary>Same algorithm, same hash.</summary>
    public static bool operator ==(Digest left, Digest right) => left.Equals(right);

    /// <summary>Another algorithm or another hash.</summary>
    public static bool operator !=(Digest left, Digest right) => !left.Equals(right);

    /// <summary>Before, in ordinal order.</summary>
    public static bool operator <(Digest left, Digest right) => left.CompareTo(right) < 0;

    /// <summary>Before or equal, in ordinal order.</summary>
    public static bool operator <=(Digest left, Digest right) => left.CompareTo(right) <= 0;

    /// <summary>After, in ordinal order.</summary>
    public static bool operator >(Digest left, Digest right) => left.CompareTo(right) > 0;

    /// <summary>After or equal, in ordinal order.</summary>
    public static bool operator >=(Digest left, Digest right) => left.CompareTo(right) >= 0;

    private static int LengthFor(ReadOnlySpan<char> algorithm) => algorithm switch
    {
        "sha256" or "blake3" => Sha256HexLength,
        "sha384" => 96,
        "sha512" => 128,
        _ => 0,
    };

    // Components of lower-case letters and digits, joined by one of + . _ -
    private static bool IsAlgorithm(ReadOnlySpan<char> text)
    {
        bool componentOpen = false;
        foreach (char c in text)
        {
            if (char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c))
            {
                componentOpen = true;
            }
            else if (componentOpen && c is '+' or '.' or '_' or '-')
            {
                componentOpen = false;
            }
            else
            {
                return false;
            }
        }

        return componentOpen;
    }
}
