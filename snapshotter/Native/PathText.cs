using System.Buffers;
using System.Text;

namespace Cairn.Snapshotter.Native;

/// <summary>
/// File names as text without loss: names are UTF-8, and a byte that is not part of valid UTF-8 is the lone surrogate U+DC00 + byte.
/// </summary>
/// <remarks>The scheme is the one of Python's PEP 383; every sequence of bytes survives the way to text and back.</remarks>
public static class PathText
{
    private const char EscapeFirst = '\uDC80';
    private const char EscapeLast = '\uDCFF';

    /// <summary>Text of a file name as the kernel gave it.</summary>
    public static string Decode(ReadOnlySpan<byte> name)
    {
        if (System.Text.Unicode.Utf8.IsValid(name))
        {
            return Encoding.UTF8.GetString(name);
        }
        var text = new StringBuilder(name.Length);
        while (!name.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(name, out Rune rune, out int consumed) == OperationStatus.Done)
            {
                text.Append(rune);
            }
            else
            {
                foreach (byte invalid in name[..consumed])
                {
                    text.Append((char)(0xDC00 + invalid));
                }
            }
            name = name[consumed..];
        }
        return text.ToString();
    }

    /// <summary>Bytes of a file name; the inverse of <see cref="Decode"/>.</summary>
    public static byte[] Encode(ReadOnlySpan<char> text)
    {
        byte[] buffer = new byte[GetMaxByteCount(text.Length)];
        return buffer.AsSpan(0, Encode(text, buffer)).ToArray();
    }

    /// <summary>Most bytes that <paramref name="chars"/> characters can take.</summary>
    internal static int GetMaxByteCount(int chars) => checked(chars * 3);

    /// <summary>Writes the bytes of a name; returns their number.</summary>
    internal static int Encode(ReadOnlySpan<char> text, Span<byte> bytes)
    {
        if (System.Text.Unicode.Utf8.FromUtf16(text, bytes, out int read, out int written, replaceInvalidSequences: false)
            == OperationStatus.Done)
        {
            return written;
        }
        while (read < text.Length)
        {
            char escaped = text[read++];
            if (escaped is < EscapeFirst or > EscapeLast)
            {
                throw new ArgumentException("A file name contains half a surrogate pair.", nameof(text));
            }
            bytes[written++] = (byte)(escaped - 0xDC00);
            OperationStatus status = System.Text.Unicode.Utf8.FromUtf16(
                text[read..], bytes[written..], out int more, out int moreBytes, replaceInvalidSequences: false);
            read += more;
            written += moreBytes;
            if (status == OperationStatus.Done)
            {
                break;
            }
        }
        return written;
    }

    /// <summary>Order of two names or paths by their bytes, as <c>memcmp</c> has it.</summary>
    public static int Compare(ReadOnlySpan<char> left, ReadOnlySpan<char> right)
    {
        int common = left.CommonPrefixLength(right);
        if (common == left.Length || common == right.Length)
        {
            return left.Length - right.Length;
        }
        char a = left[common];
        char b = right[common];
        if (!char.IsSurrogate(a) && !char.IsSurrogate(b))
        {
            return a - b;   // below the surrogates, UTF-8 keeps the order of UTF-16
        }
        // A shared first half of a pair belongs to the character that differs.
        int start = common > 0 && char.IsHighSurrogate(left[common - 1]) ? common - 1 : common;
        return Encode(left[start..]).AsSpan().SequenceCompareTo(Encode(right[start..]));
    }

    /// <summary>Compares by <see cref="Compare"/>.</summary>
    public static IComparer<string> ByteOrder { get; } = Comparer<string>.Create((left, right) => Compare(left, right));
}
