using System.Globalization;
using System.Text;

namespace Cairn.Snapshotter.Tars;

/// <summary>Fields of a header block.</summary>
/// <remarks>Source: POSIX.1-2017, pax, "ustar Interchange Format"; GNU tar manual, "Basic Tar Format".</remarks>
internal static class TarFormat
{
    public const int BlockSize = 512;

    public static readonly Range Name = 0..100;
    public static readonly Range Mode = 100..108;
    public static readonly Range Uid = 108..116;
    public static readonly Range Gid = 116..124;
    public static readonly Range Size = 124..136;
    public static readonly Range Modified = 136..148;
    public static readonly Range Checksum = 148..156;
    public const int Type = 156;
    public static readonly Range LinkName = 157..257;
    public static readonly Range Magic = 257..265;
    public static readonly Range DeviceMajor = 329..337;
    public static readonly Range DeviceMinor = 337..345;
    public static readonly Range Prefix = 345..500;

    /// <summary>Keyword prefix of extended attributes in pax records.</summary>
    public const string AttributePrefix = "SCHILY.xattr.";

    /// <summary>Largest number that a field of this length holds in octal.</summary>
    public static long OctalLimit(int length) => (1L << (3 * (length - 1))) - 1;

    /// <summary>Sum of all bytes, with the checksum itself taken as spaces.</summary>
    public static (long Unsigned, long Signed) Sum(ReadOnlySpan<byte> block)
    {
        long unsigned = 0;
        long signed = 0;
        for (int i = 0; i < block.Length; i++)
        {
            byte value = i is >= 148 and < 156 ? (byte)' ' : block[i];
            unsigned += value;
            signed += (sbyte)value;   // some old programs summed signed characters
        }
        return (unsigned, signed);
    }

    /// <summary>The block is a header: its checksum is right.</summary>
    public static bool IsHeader(ReadOnlySpan<byte> block)
    {
        if (!TryNumber(block[Checksum], out long sum))
        {
            return false;
        }
        (long unsigned, long signed) = Sum(block);
        return sum == unsigned || sum == signed;
    }

    /// <summary>A number in octal, or in base 256 if the first bit is set.</summary>
    public static bool TryNumber(ReadOnlySpan<byte> field, out long value)
    {
        value = 0;
        if ((field[0] & 0x80) != 0)
        {
            bool negative = (field[0] & 0x40) != 0;
            value = negative ? -1 : 0;
            for (int i = 0; i < field.Length; i++)
            {
                byte part = i == 0 ? (byte)(negative ? field[0] | 0x80 : field[0] & 0x7f) : field[i];
                if (i < field.Length - 8 && part != (negative ? 0xff : 0))
                {
                    return false;   // more than 64 bits
                }
                value = (value << 8) | part;
            }
            return true;
        }
        ReadOnlySpan<byte> digits = field.Trim(" \0"u8);
        foreach (byte digit in digits)
        {
            if (digit is < (byte)'0' or > (byte)'7')
            {
                return false;
            }
            value = (value << 3) | (uint)(digit - '0');
        }
        return true;
    }

    /// <summary>Bytes of a text field up to the first NUL.</summary>
    public static ReadOnlySpan<byte> Text(ReadOnlySpan<byte> field)
    {
        int end = field.IndexOf((byte)0);
        return end < 0 ? field : field[..end];
    }

    /// <summary>Writes octal digits and a NUL.</summary>
    public static void PutOctal(Span<byte> field, long value)
    {
        for (int i = field.Length - 2; i >= 0; i--)
        {
            field[i] = (byte)('0' + (value & 7));
            value >>= 3;
        }
        field[^1] = 0;
    }

    /// <summary>Seconds with a fraction, as pax writes times; without trailing zeros.</summary>
    public static string PaxTime(long nanoseconds)
    {
        (long seconds, long rest) = Math.DivRem(nanoseconds, 1_000_000_000);
        string sign = nanoseconds < 0 ? "-" : "";
        string whole = Math.Abs(seconds).ToString(CultureInfo.InvariantCulture);
        return rest == 0
            ? sign + whole
            : sign + whole + "." + Math.Abs(rest).ToString("D9", CultureInfo.InvariantCulture).TrimEnd('0');
    }

    /// <summary>Nanoseconds of a pax time.</summary>
    public static bool TryPaxTime(ReadOnlySpan<byte> text, out long nanoseconds)
    {
        nanoseconds = 0;
        string value = Encoding.ASCII.GetString(text);
        int dot = value.IndexOf('.', StringComparison.Ordinal);
        string whole = dot < 0 ? value : value[..dot];
        string fraction = dot < 0 ? "" : value[(dot + 1)..];
        if (!long.TryParse(whole, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long seconds)
            || fraction.Any(static digit => !char.IsAsciiDigit(digit))
            || Math.Abs((decimal)seconds) > long.MaxValue / 1_000_000_000 - 1)
        {
            return false;
        }
        long rest = fraction.Length == 0 ? 0 : long.Parse(fraction.PadRight(9, '0')[..9], CultureInfo.InvariantCulture);
        nanoseconds = (seconds * 1_000_000_000) + (value.StartsWith('-') ? -rest : rest);
        return true;
    }
}
