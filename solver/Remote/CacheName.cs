using System.Globalization;
using System.Text;
using Cairn.Llb;

namespace Cairn.Solver.Remote;

/// <summary>What an imported cache is called.</summary>
internal static class CacheName
{
    /// <summary>Type and a number that follows from the attributes, so that equal imports have equal names.</summary>
    public static string Of(CacheSpec spec)
    {
        var text = new StringBuilder(spec.Type);
        foreach ((string key, string value) in spec.Attributes.OrderBy(static pair => pair.Key, StringComparer.Ordinal))
        {
            text.Append('\n').Append(key).Append('=').Append(value);
        }

        string hex = Digest.Sha256(Encoding.UTF8.GetBytes(text.ToString())).Hex;
        return string.Create(CultureInfo.InvariantCulture, $"{spec.Type}:{ulong.Parse(hex.AsSpan(0, 16), NumberStyles.HexNumber, CultureInfo.InvariantCulture)}");
    }
}
