using System.Globalization;
using System.Text;

namespace Cairn.Cli.Tests;

/// <summary>As much of a terminal as the live picture uses: lines, cursor up, erase to the end of line and screen. Colours are dropped.</summary>
internal sealed class Terminal(int width) : StringWriter(CultureInfo.InvariantCulture)
{
    private readonly List<StringBuilder> _lines = [new()];
    private int _row;
    private int _column;

    /// <summary>What stands on it, without the empty last line.</summary>
    public string[] Lines => [.. _lines.Select(l => l.ToString().TrimEnd()).Take(_lines.Count - (_lines[^1].Length == 0 ? 1 : 0))];

    public override void Write(string? value) => Feed(value ?? "");

    public override void Write(StringBuilder? value) => Feed(value?.ToString() ?? "");

    private void Feed(string text)
    {
        for (int at = 0; at < text.Length; at++)
        {
            switch (text[at])
            {
                case '\n':
                    (_row, _column) = (_row + 1, 0);
                    if (_row == _lines.Count)
                    {
                        _lines.Add(new StringBuilder());
                    }

                    break;
                case '\r':
                    _column = 0;
                    break;
                case '\e':
                    int end = text.AsSpan(at + 2).IndexOfAnyInRange('@', '~') + at + 2;
                    Control(text[end], text[(at + 2)..end]);
                    at = end;
                    break;
                default:
                    if (_column >= width)
                    {
                        throw new InvalidOperationException("the line is wider than the terminal");
                    }

                    StringBuilder line = _lines[_row];
                    line.Length = Math.Max(line.Length, _column + 1);
                    line[_column++] = text[at];
                    break;
            }
        }
    }

    private void Control(char what, string parameter)
    {
        switch (what)
        {
            case 'A':
                _row = Math.Max(0, _row - int.Parse(parameter, CultureInfo.InvariantCulture));
                break;
            case 'K':
                _lines[_row].Length = Math.Min(_lines[_row].Length, _column);
                break;
            case 'J':
                _lines[_row].Length = Math.Min(_lines[_row].Length, _column);
                _lines.RemoveRange(_row + 1, _lines.Count - _row - 1);
                break;
            case 'm' or 'h' or 'l':
                break;
            default:
                throw new NotSupportedException($"the picture uses ESC [ {parameter} {what}");
        }
    }
}
