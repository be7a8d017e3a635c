using System.Buffers;

namespace Cairn.Rpc.Calls;

/// <summary>The little of the protobuf encoding that is read and written by hand: in this room, and where content must not be copied for it.</summary>
/// <remarks>Source: protobuf, encoding.md.</remarks>
public static class WireFields
{
    private const int LongestNumber = 10;

    /// <summary>Writes a base-128 number.</summary>
    /// <returns>Octets taken: 5 at most.</returns>
    public static int WriteNumber(Span<byte> destination, uint value)
    {
        int at = 0;
        for (; value >= 0x80; value >>= 7)
        {
            destination[at++] = (byte)(value | 0x80);
        }

        destination[at++] = (byte)value;
        return at;
    }

    /// <summary>Takes the next field.</summary>
    /// <param name="reader">What is left of the message.</param>
    /// <param name="field">Its number.</param>
    /// <param name="number">Its value, if it is a number.</param>
    /// <param name="octets">Its value, if it is of octets.</param>
    /// <returns>False at the end.</returns>
    /// <exception cref="FormatException">The message is malformed.</exception>
    public static bool TryNext(ref SequenceReader<byte> reader, out int field, out ulong number, out ReadOnlySequence<byte> octets)
    {
        number = 0;
        octets = default;
        field = 0;
        if (reader.End)
        {
            return false;
        }

        ulong tag = ReadNumber(ref reader);
        field = (int)(tag >> 3);
        switch (tag & 7)
        {
            case 0:
                number = ReadNumber(ref reader);
                return true;
            case 1:
                Take(ref reader, 8);
                return true;
            case 2:
                octets = Take(ref reader, ReadNumber(ref reader));
                return true;
            case 5:
                Take(ref reader, 4);
                return true;
            default:
                throw new FormatException($"a field of the unknown wire type {tag & 7}");
        }
    }

    private static ulong ReadNumber(ref SequenceReader<byte> reader)
    {
        ulong value = 0;
        for (int i = 0; i < LongestNumber; i++)
        {
            if (!reader.TryRead(out byte octet))
            {
                break;
            }

            value |= (ulong)(octet & 0x7F) << (7 * i);
            if ((octet & 0x80) == 0)
            {
                return value;
            }
        }

        throw new FormatException("a number is cut off or too long");
    }

    private static ReadOnlySequence<byte> Take(ref SequenceReader<byte> reader, ulong length)
    {
        if (length > (ulong)reader.Remaining)
        {
            throw new FormatException("a field is longer than its message");
        }

        ReadOnlySequence<byte> octets = reader.UnreadSequence.Slice(0, (long)length);
        reader.Advance((long)length);
        return octets;
    }
}
