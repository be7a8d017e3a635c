using System.Globalization;
using System.Text;

namespace Cairn.Llb;

/// <summary>JSON text as Go's encoder writes it, for bytes that are hashed or compared.</summary>
/// <remarks>Source: encoding/json: also &lt;, &gt;, &amp;, U+2028 and U+2029 are escaped; nothing else beyond ASCII is.</remarks>
public static class GoJson
{
    /// <summary>A JSON array of strings without white space.</summary>
    public static string Array(IEnumerable<string> items)
    {
        ArgumentNullException.ThrowIfNull(items);
        var text = new StringBuilder("[");
        foreach (string item in items)
        {
            AppendString(text.Append(text.Length > 1 ? "," : ""), item);
        }

        return text.Append(']').ToString();
    }

    /// <summary>Appends a string in quotes.</summary>
    public static StringBuilder AppendString(StringBuilder text, string value)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(value);
        text.Append('"');
        for (int i = 0; i < value.Length; i++)
        {
            char c = value[i];
            switch (c)
            {
                case '"' or '\\':
                    text.Append('\\').Append(c);
                    break;
                case '\n':
                    text.Append("\\n");
                    break;
                case '\r':
                    text.Append("\\r");
                    break;
                case '\t':
                    text.Append("\\t");
                    break;
                case '\b':
                    text.Append("\\b");
                    break;
                case '\f':
                    text.Append("\\f");
                    break;
                case < ' ' or '<' or '>' or '&' or '\u2028' or '\u2029':
                    text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
                    break;
                case >= '\ud800' and <= '\udfff' when i + 1 < value.Length && char.IsSurrogatePair(c, value[i + 1]):
                    text.Append(c).Append(value[++i]);
                    break;
                case >= '\ud800' and <= '\udfff':
                    text.Append("\\ufffd");
                    break;
                default:
                    text.Append(c);
                    break;
            }
        }

        return text.Append('"');
    }
}
