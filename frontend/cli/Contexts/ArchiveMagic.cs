namespace Cairn.Cli.Contexts;

/// <summary>Tells a tar archive, compressed or not, from a Dockerfile by its first bytes.</summary>
internal static class ArchiveMagic
{
    /// <summary>How many bytes are needed: one tar header.</summary>
    public const int Length = 512;

    private const int ChecksumAt = 148;
    private const int ChecksumLength = 8;

    public static bool IsArchive(ReadOnlySpan<byte> head) =>
        head.StartsWith("BZh"u8) || head.StartsWith<byte>([0x1F, 0x8B, 0x08]) || head.StartsWith<byte>([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00])
        || head.StartsWith<byte>([0x28, 0xB5, 0x2F, 0xFD]) || IsTarHeader(head);

    // The sum of the header's bytes, its own field read as blanks, stands in it in octal.
    private static bool IsTarHeader(ReadOnlySpan<byte> head)
    {
        if (head.Length < Length || head[0] == 0)
        {
            return false;
        }

        long stated = 0, sum = 0;
        foreach (byte digit in head.Slice(ChecksumAt, ChecksumLength))
        {
            if (digit is >= (byte)'0' and <= (byte)'7')
            {
                stated = (stated * 8) + digit - '0';
            }
        }

        for (int i = 0; i < Length; i++)
        {
            sum += i is >= ChecksumAt and < ChecksumAt + ChecksumLength ? ' ' : head[i];
        }

        return sum == stated;
    }
}
