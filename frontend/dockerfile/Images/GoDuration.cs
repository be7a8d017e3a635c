using System.Globalization;
using System.Text;

namespace Cairn.Frontend.Dockerfile.Images;

/// <summary>A length of time written as in Go: <c>1h2m3.5s</c>, <c>500ms</c>.</summary>
internal readonly record struct GoDuration(long Nanoseconds)
{
    private static readonly (string Unit, long Nanoseconds)[] Units =
    [
        ("ns", 1), ("us", 1_000), ("\u00B5s", 1_000), ("\u03BCs", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000),
        ("m", 60_000_000_000), ("h", 3_600_000_000_000),
    ];

    /// <summary>The duration, or null when the text is none.</summary>
    public static GoDuration? TryParse(string text)
    {
        string rest = text.TrimStart('+', '-');
        if (text.Length - rest.Length > 1 || rest.Length == 0)
        {
            return null;
        }
        if (rest == "0")
        {
            return default(GoDuration);
        }
        decimal total = 0;
        while (rest.Length > 0)
        {
            int digits = rest.TakeWhile(c => char.IsAsciiDigit(c) || c == '.').Count();
            int unitEnd = digits + rest.Skip(digits).TakeWhile(c => !char.IsAsciiDigit(c) && c != '.').Count();
            long unit = Units.FirstOrDefault(u => u.Unit == rest[digits..unitEnd]).Nanoseconds;
            if (unit == 0
                || !decimal.TryParse(rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal number)
                || number > long.MaxValue / unit)
            {
                return null;
            }
            total += number * unit;
            rest = rest[unitEnd..];
        }
        return total > long.MaxValue ? null : new GoDuration((long)(text[0] == '-' ? -total : total));
    }

    public override string ToString()
    {
        if (Nanoseconds == 0)
        {
            return "0s";
        }
        string sign = Nanoseconds < 0 ? "-" : "";
        decimal value = Math.Abs((decimal)Nanoseconds);
        if (value < 1_000_000_000)
        {
            (string unit, long size) = value < 1_000 ? ("ns", 1) : value < 1_000_000 ? ("\u00B5s", 1_000) : ("ms", 1_000_000L);
            return $"{sign}{Plain(value / size)}{unit}";
        }
        decimal seconds = value / 1_000_000_000;
        decimal hours = decimal.Truncate(seconds / 3600);
        decimal minutes = decimal.Truncate((seconds - (hours * 3600)) / 60);
        var text = new StringBuilder(sign);
        if (hours > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"{hours:0}h");
        }
        if (hours > 0 || minutes > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"{minutes:0}m");
        }
        return text.Append(Plain(seconds - (hours * 3600) - (minutes * 60))).Append('s').ToString();
    }

    private static string Plain(decimal number) => number.ToString("0.#########", CultureInfo.InvariantCulture);
}
