using System.Text;

namespace Cairn.Frontend.Dockerfile.Contexts;

/// <summary>Tells archives from other files by their first bytes.</summary>
internal static class ArchiveHeader
{
    private const int TarBlock = 512;
    private const int ChecksumAt = 148;
    private const int ChecksumLength = 8;

    private static readonly byte[][] Compressed = [[0x42, 0x5A, 0x68], [0x1F, 0x8B, 0x08], [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00]];

    /// <param name="head">The first bytes, 1024 if there are as many.</param>
    public static bool IsArchive(ReadOnlySpan<byte> head)
    {
        foreach (byte[] magic in Compressed)
        {
            if (head.StartsWith(magic))
            {
                return true;
            }
        }
        return head.Length >= TarBlock && IsTar(head[..TarBlock]);
    }

    /// <summary>The checksum field holds the sum of the block with the field itself as blanks.</summary>
    private static bool IsTar(ReadOnlySpan<byte> block)
    {
        int sum = 0;
        for (int i = 0; i < block.Length; i++)
        {
            sum += i is >= ChecksumAt and < ChecksumAt + ChecksumLength ? ' ' : block[i];
        }
        string field = Encoding.ASCII.GetString(block.Slice(ChecksumAt, ChecksumLength)).Trim(' ', '\0');
        int stored = 0;
        foreach (char c in field)
        {
            if (c is < '0' or > '7')
            {
                return false;
            }
            stored = (stored * 8) + (c - '0');
        }
        return field.Length > 0 && stored == sum;
    }
}
