using System.Globalization;
using System.Text;

namespace Cairn.Solver.Execution;

/// <summary>Text as a Go program prints it with <c>%q</c>; error messages that clients match on have it.</summary>
internal static class QuotedText
{
    /// <summary>The text in double quotes, with everything that does not print escaped.</summary>
    /// <remarks>Source: Go language specification, "String literals"; package strconv.</remarks>
    public static string Quote(string text)
    {
        var quoted = new StringBuilder(text.Length + 2).Append('"');
        foreach (Rune rune in text.EnumerateRunes())
        {
            Append(quoted, rune);
        }

        return quoted.Append('"').ToString();
    }

    private static void Append(StringBuilder quoted, Rune rune)
    {
        string? escape = rune.Value switch
        {
            '"' => "\\\"",
            '\\' => "\\\\",
            '\a' => "\\a",
            '\b' => "\\b",
            '\f' => "\\f",
            '\n' => "\\n",
            '\r' => "\\r",
            '\t' => "\\t",
            '\v' => "\\v",
            < 0x20 or 0x7f => $"\\x{rune.Value:x2}",
            ' ' => " ",
            _ when Prints(rune) => null,
            <= 0xffff => $"\\u{rune.Value:x4}",
            _ => $"\\U{rune.Value:x8}",
        };
        quoted.Append(escape ?? rune.ToString());
    }

    private static bool Prints(Rune rune) => Rune.GetUnicodeCategory(rune) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or
        UnicodeCategory.OtherNotAssigned or UnicodeCategory.SpaceSeparator or UnicodeCategory.LineSeparator or
        UnicodeCategory.ParagraphSeparator);
}
