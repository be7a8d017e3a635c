using System.Globalization;

namespace Cairn.Daemon.Configuration;

/// <summary>Numbers of bytes as the stock daemon reads them: a number, <c>512MB</c> in binary multiples, or <c>10%</c> of the disk.</summary>
internal static class SizeText
{
    private static readonly (string Letter, int Shift)[] Units = [("K", 10), ("M", 20), ("G", 30), ("T", 40), ("P", 50)];

    /// <summary>The bytes, or null when the text is no size.</summary>
    /// <param name="text">What was written.</param>
    /// <param name="disk">Bytes of the disk; 0 if that is not known.</param>
    public static long? TryParse(string text, long disk)
    {
        string rest = text.Trim();
        if (rest.EndsWith('%'))
        {
            return int.TryParse(rest.AsSpan(0, rest.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out int percent) && percent <= 100
                ? GcDefaults.PartOf(disk, percent)
                : null;
        }

        rest = rest.ToUpperInvariant();
        rest = rest.EndsWith("IB", StringComparison.Ordinal) ? rest[..^2] : rest.EndsWith('B') ? rest[..^1] : rest;
        int shift = 0;
        foreach ((string letter, int bits) in Units)
        {
            if (rest.EndsWith(letter, StringComparison.Ordinal))
            {
                (rest, shift) = (rest[..^1], bits);
                break;
            }
        }

        return decimal.TryParse(rest.Trim(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal number)
            && number * (1L << shift) is >= 0 and <= long.MaxValue and var bytes
            ? (long)bytes
            : null;
    }
}
