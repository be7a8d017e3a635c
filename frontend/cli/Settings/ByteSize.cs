using System.Globalization;

namespace Cairn.Cli.Settings;

/// <summary>Sizes as people write them: "512", "64m", "10GB", "1.5GiB". Units are powers of 1024, except kB, MB, GB and TB in <see cref="Format"/>.</summary>
internal static class ByteSize
{
    /// <summary>Bytes of a text such as 512, 64k, 64kb, 10GiB; every unit is a power of 1024.</summary>
    /// <exception cref="UsageException">It is no size.</exception>
    public static long Parse(string text, string flag)
    {
        string digits = text.TrimEnd("bBiIkKmMgGtT ".ToCharArray());
        string unit = text[digits.Length..].Trim().ToLowerInvariant();
        int power = unit switch
        {
            "" or "b" => 0,
            "k" or "kb" or "kib" => 1,
            "m" or "mb" or "mib" => 2,
            "g" or "gb" or "gib" => 3,
            "t" or "tb" or "tib" => 4,
            _ => -1,
        };
        if (power < 0 || !decimal.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal number)
            || number > long.MaxValue >> (10 * power))
        {
            throw new UsageException($"{flag}: invalid size: '{text}' (examples: 1048576, 64m, 10GB)");
        }

        return (long)(number * (1L << (10 * power)));
    }

    /// <summary>Three to four significant digits and a decimal unit, as image tools print sizes: 32B, 1.05MB, 120kB.</summary>
    public static string Format(long bytes)
    {
        string[] units = ["B", "kB", "MB", "GB", "TB", "PB"];
        double value = bytes;
        int unit = 0;
        while (value >= 1000 && unit < units.Length - 1)
        {
            value /= 1000;
            unit++;
        }

        return unit == 0
            ? $"{bytes.ToString(CultureInfo.InvariantCulture)}B"
            : $"{value.ToString(value >= 100 ? "0" : value >= 10 ? "0.0" : "0.00", CultureInfo.InvariantCulture)}{units[unit]}";
    }
}
