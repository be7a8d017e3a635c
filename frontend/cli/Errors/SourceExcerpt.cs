using System.Globalization;
using System.Text;
using Cairn.Llb;

namespace Cairn.Cli.Errors;

/// <summary>The lines of a source file around what an error is about, the lines themselves marked.</summary>
internal static class SourceExcerpt
{
    private const int Around = 2;
    private const string Rule = "--------------------";

    /// <summary>"Dockerfile:3", a rule, numbered lines with "&gt;&gt;&gt;" before those in question, a rule; empty when the location has no usable range.</summary>
    public static string Render(SourceLocation source)
    {
        string[] lines = Encoding.UTF8.GetString(source.Content.Span).Split('\n');
        List<SourceRange> ranges = [.. source.Ranges.Where(r => r.StartLine >= 1 && r.StartLine <= lines.Length)];
        if (ranges.Count == 0)
        {
            return "";
        }

        int first = ranges.Min(r => r.StartLine), last = Math.Min(lines.Length, ranges.Max(r => Math.Max(r.StartLine, r.EndLine)));
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"{source.FileName}:{first}").Append('\n').Append(Rule).Append('\n');
        int end = Math.Min(last + Around, lines.Length);
        if (end == lines.Length && lines[^1].Length == 0 && end > last)
        {
            end--;   // the file ends with a newline: there is no line after it
        }

        for (int number = Math.Max(1, first - Around); number <= end; number++)
        {
            bool marked = ranges.Any(r => number >= r.StartLine && number <= Math.Max(r.StartLine, r.EndLine));
            text.Append(CultureInfo.InvariantCulture, $"{number,4} | {(marked ? ">>> " : "    ")}{lines[number - 1].TrimEnd('\r')}").Append('\n');
        }

        return text.Append(Rule).Append('\n').ToString();
    }
}
