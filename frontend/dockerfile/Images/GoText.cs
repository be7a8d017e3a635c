using System.Globalization;
using System.Text;

namespace Cairn.Frontend.Dockerfile.Images;

/// <summary>Text in the forms that image configs carry: JSON and quoted strings as Go writes them.</summary>
internal static class GoText
{
    /// <summary>A JSON string; <c>&lt; &gt; &amp;</c> and the line separators are escaped.</summary>
    public static void AppendJson(StringBuilder json, string text)
    {
        json.Append('"');
        foreach (char c in text)
        {
            switch (c)
            {
                case '"' or '\\':
                    json.Append('\\').Append(c);
                    break;
                case '\n':
                    json.Append("\\n");
                    break;
                case '\r':
                    json.Append("\\r");
                    break;
                case '\t':
                    json.Append("\\t");
                    break;
                case '\b':
                    json.Append("\\b");
                    break;
                case '\f':
                    json.Append("\\f");
                    break;
                case < ' ' or '<' or '>' or '&' or '\u2028' or '\u2029':
                    json.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
                    break;
                default:
                    json.Append(c);
                    break;
            }
        }
        json.Append('"');
    }

    /// <summary>A JSON array of strings.</summary>
    public static string JsonArray(IEnumerable<string> strings)
    {
        var json = new StringBuilder("[");
        foreach (string text in strings)
        {
            if (json.Length > 1)
            {
                json.Append(',');
            }
            AppendJson(json, text);
        }
        return json.Append(']').ToString();
    }

    /// <summary>Quoted strings in brackets, a blank between: <c>["a" "b"]</c>.</summary>
    public static string QuotedList(IEnumerable<string> strings) => $"[{string.Join(' ', strings.Select(Quote))}]";

    /// <summary>A string in double quotes with what does not print escaped.</summary>
    public static string Quote(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (Rune rune in text.EnumerateRunes())
        {
            switch (rune.Value)
            {
                case '"' or '\\':
                    quoted.Append('\\').Append(rune);
                    break;
                case '\n':
                    quoted.Append("\\n");
                    break;
                case '\r':
                    quoted.Append("\\r");
                    break;
                case '\t':
                    quoted.Append("\\t");
                    break;
                case 7 or 8 or 11 or 12:
                    quoted.Append('\\').Append("abtnvfr"[rune.Value - 7]);
                    break;
                case < ' ' or 127:
                    quoted.Append(CultureInfo.InvariantCulture, $"\\x{rune.Value:x2}");
                    break;
                default:
                    quoted.Append(rune);
                    break;
            }
        }
        return quoted.Append('"').ToString();
    }
}
