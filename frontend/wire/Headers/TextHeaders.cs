using System.Globalization;
using System.Text;
using Cairn.Rpc.Calls;

namespace Cairn.Wire.Headers;

/// <summary>Lists of any text in metadata, which itself takes printable ASCII only.</summary>
/// <remarks>Source: session.md, section 7, "Encoding".</remarks>
public static class TextHeaders
{
    private const string EncodedSuffix = "-encoded";

    /// <summary>
    /// Adds values under one name, in order. If any of them is not ASCII, all are percent-encoded, and a companion field says so. No values, no field.
    /// </summary>
    /// <param name="metadata">Where to.</param>
    /// <param name="name">Name of the field.</param>
    /// <param name="values">Any text.</param>
    public static void AddTo(Metadata metadata, string name, IReadOnlyList<string> values)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        ArgumentNullException.ThrowIfNull(values);

        // Control characters cannot travel in a field either; peers decode them because of the companion.
        bool encode = values.Any(static value => value.Any(static c => c is < ' ' or > '~'));
        if (encode)
        {
            metadata.Add(name + EncodedSuffix, "1");
        }

        foreach (string value in values)
        {
            metadata.Add(name, encode ? Escape(value) : value);
        }
    }

    /// <summary>The values of one name, decoded where the companion says so.</summary>
    public static IReadOnlyList<string> ReadFrom(Metadata metadata, string name)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        bool encoded = metadata.Find(name + EncodedSuffix) == "1";
        return [.. metadata.FindAll(name).Select(value => encoded ? Unescape(value) : value)];
    }

    private static string Escape(string value)
    {
        var text = new StringBuilder();
        foreach (byte octet in Encoding.UTF8.GetBytes(value))
        {
            char c = (char)octet;
            if (char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '~')
            {
                text.Append(c);
            }
            else if (c == ' ')
            {
                text.Append('+');
            }
            else
            {
                text.Append(CultureInfo.InvariantCulture, $"%{octet:X2}");
            }
        }

        return text.ToString();
    }

    private static string Unescape(string value)
    {
        byte[] octets = new byte[value.Length];
        int length = 0;
        for (int i = 0; i < value.Length; i++)
        {
            if (value[i] == '%' && i + 2 < value.Length
                && byte.TryParse(value.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte octet))
            {
                octets[length++] = octet;
                i += 2;
            }
            else
            {
                octets[length++] = value[i] == '+' ? (byte)' ' : (byte)value[i];
            }
        }

        return Encoding.UTF8.GetString(octets, 0, length);
    }
}
