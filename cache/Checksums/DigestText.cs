using System.Security.Cryptography;

namespace Cairn.Cache.Checksums;

/// <summary>Feeds digests to a hash in the text form that goes into other digests.</summary>
internal static class DigestText
{
    public static void Append(IncrementalHash hash, ReadOnlySpan<byte> sha256)
    {
        Span<byte> text = stackalloc byte["sha256:".Length + (2 * SHA256.HashSizeInBytes)];
        "sha256:"u8.CopyTo(text);
        Convert.TryToHexStringLower(sha256, text["sha256:".Length..], out _);
        hash.AppendData(text);
    }
}
