using System.Globalization;

namespace Cairn.Frontend.Dockerfile.Instructions;

/// <summary>Sizes such as <c>64m</c>: a number with an optional unit in powers of 1024.</summary>
internal static class ByteSize
{
    /// <summary>The size in bytes, or null when the text is none.</summary>
    public static long? TryParse(string text)
    {
        string lower = text.Trim().ToLowerInvariant();
        string number = lower.TrimEnd('b', 'i', 'k', 'm', 'g', 't', 'p', ' ');
        string unit = lower[number.Length..].Trim();
        int power = unit.TrimEnd('b').TrimEnd('i') switch
        {
            "" when unit is "" or "b" => 0,
            "k" => 1,
            "m" => 2,
            "g" => 3,
            "t" => 4,
            "p" => 5,
            _ => -1,
        };
        if (power < 0 || !decimal.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal value))
        {
            return null;
        }
        decimal bytes = value * (1L << (10 * power));
        return bytes <= long.MaxValue ? (long)bytes : null;
    }
}
