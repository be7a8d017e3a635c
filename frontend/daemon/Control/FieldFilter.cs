using System.Text;
using System.Text.RegularExpressions;

namespace Cairn.Daemon.Control;

/// <summary>One condition on a field: <c>field</c> (present), <c>field==value</c>, <c>field!=value</c>, <c>field~=regexp</c>.</summary>
/// <param name="Field">Name of the field.</param>
/// <param name="Operator"><c>==</c>, <c>!=</c>, <c>~=</c>; empty asks for presence.</param>
/// <param name="Value">What it is compared with.</param>
/// <remarks>Source: control-and-status.md, section 19, "Filter syntax".</remarks>
internal sealed record FieldFilter(string Field, string Operator, string Value)
{
    private static readonly string[] Operators = ["==", "!=", "~="];

    /// <summary>Conditions joined with commas; values may be quoted.</summary>
    public static IEnumerable<string> Split(string text)
    {
        var part = new StringBuilder();
        bool isQuoted = false;
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (c == '\\' && isQuoted && i + 1 < text.Length)
            {
                part.Append(text[++i]);
            }
            else if (c == '"')
            {
                isQuoted = !isQuoted;
            }
            else if (c == ',' && !isQuoted)
            {
                yield return part.ToString();
                part.Clear();
            }
            else
            {
                part.Append(c);
            }
        }

        yield return part.ToString();
    }

    /// <summary>One condition; null if the text is none.</summary>
    public static FieldFilter? TryParse(string text)
    {
        string? sign = Operators.Where(text.Contains).MinBy(o => text.IndexOf(o, StringComparison.Ordinal));
        string field = (sign is null ? text : text[..text.IndexOf(sign, StringComparison.Ordinal)]).Trim();
        string value = sign is null ? "" : text[(text.IndexOf(sign, StringComparison.Ordinal) + sign.Length)..];
        if (field.Length == 0 || field.IndexOfAny(['=', '!', '~', '<', '>']) >= 0 || (sign == "~=" && !IsPattern(value)))
        {
            return null;
        }

        return new FieldFilter(field, sign ?? "", value);
    }

    /// <summary>Whether it holds for a value; null is a field that is not there.</summary>
    public bool Holds(string? value) => Operator switch
    {
        "==" => value == Value,
        "!=" => value != Value,
        "~=" => value is not null && Pattern(Value).IsMatch(value),
        _ => !string.IsNullOrEmpty(value),
    };

    private static Regex Pattern(string text) => new(text, RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);

    private static bool IsPattern(string text)
    {
        try
        {
            _ = Pattern(text);
            return true;
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            return false;
        }
    }
}
