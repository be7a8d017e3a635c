using System.Globalization;
using System.Text;

namespace Cairn.Cli.Progress;

/// <summary>One line of the live picture: text at the left, a time at the right edge.</summary>
/// <param name="Text">May hold anything a process prints; what would move the cursor is taken out when it is drawn.</param>
/// <param name="Time">At the right edge; may be empty.</param>
/// <param name="Paint">SGR parameters; empty for none.</param>
/// <param name="Done">Whether it belongs to a finished step and may give way.</param>
internal readonly record struct PictureLine(string Text, string Time, string Paint, bool Done)
{
    private const int TimeWidth = 8;

    public void AppendTo(StringBuilder frame, int width, bool color)
    {
        int room = Math.Max(10, width - 1 - (Time.Length > 0 ? TimeWidth : 0));
        string text = Cut(Printable(Text), room);
        bool painted = color && Paint.Length > 0;
        if (painted)
        {
            frame.Append(CultureInfo.InvariantCulture, $"\e[{Paint}m");
        }

        frame.Append(text);
        if (Time.Length > 0)
        {
            frame.Append(' ', Math.Max(0, room - Columns(text))).Append(Time.PadLeft(TimeWidth));
        }

        if (painted)
        {
            frame.Append("\e[0m");
        }

        frame.Append("\e[K\n");
    }

    /// <summary>The text as one line of a terminal would show it: after the last carriage return, without escape sequences and control characters.</summary>
    public static string Printable(string text)
    {
        text = text.TrimEnd('\r');
        int start = text.LastIndexOf('\r') + 1;
        StringBuilder shown = new(text.Length - start);
        for (int at = start; at < text.Length; at++)
        {
            char c = text[at];
            if (c == '\e')
            {
                at = SkipEscape(text, at);
            }
            else if (c == '\t')
            {
                shown.Append("    ");
            }
            else if (!char.IsControl(c))
            {
                shown.Append(c);
            }
        }

        return shown.ToString();
    }

    // Index of the last character of the sequence: CSI ends with a letter or one of @ [ ] ^ _ ` { | } ~, OSC with BEL, others have one more character.
    private static int SkipEscape(string text, int at)
    {
        if (at + 1 >= text.Length)
        {
            return at;
        }

        int end = text[at + 1] switch
        {
            '[' => text.AsSpan(at + 2).IndexOfAnyInRange('@', '~'),
            ']' => text.AsSpan(at + 2).IndexOf('\a'),
            _ => -2,
        };
        return end switch
        {
            -2 => at + 1,
            -1 => text.Length,
            _ => at + 2 + end,
        };
    }

    private static string Cut(string text, int columns)
    {
        if (Columns(text) <= columns)
        {
            return text;
        }

        int used = 0, at = 0;
        while (at < text.Length)
        {
            int length = char.IsHighSurrogate(text[at]) && at + 1 < text.Length ? 2 : 1;
            int wide = Width(text, at);
            if (used + wide > columns - 3)
            {
                break;
            }

            used += wide;
            at += length;
        }

        return text[..at] + "...";
    }

    private static int Columns(string text)
    {
        int columns = 0;
        for (int at = 0; at < text.Length; at += char.IsHighSurrogate(text[at]) && at + 1 < text.Length ? 2 : 1)
        {
            columns += Width(text, at);
        }

        return columns;
    }

    // East Asian wide blocks and emoji take two columns; combining marks none.
    private static int Width(string text, int at)
    {
        int point = char.IsHighSurrogate(text[at]) && at + 1 < text.Length ? char.ConvertToUtf32(text[at], text[at + 1]) : text[at];
        if (CharUnicodeInfo.GetUnicodeCategory(point) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format)
        {
            return 0;
        }

        return point is (>= 0x1100 and <= 0x115F) or (>= 0x2E80 and <= 0xA4CF) or (>= 0xAC00 and <= 0xD7A3) or (>= 0xF900 and <= 0xFAFF)
            or (>= 0xFE30 and <= 0xFE6F) or (>= 0xFF00 and <= 0xFF60) or (>= 0xFFE0 and <= 0xFFE6) or (>= 0x1F300 and <= 0x1FAFF) or (>= 0x20000 and <= 0x3FFFD)
            ? 2
            : 1;
    }
}
