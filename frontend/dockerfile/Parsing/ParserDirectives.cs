using System.Text.RegularExpressions;

namespace Cairn.Frontend.Dockerfile.Parsing;

/// <summary>The directives at the top of a Dockerfile: <c># name=value</c> before anything else.</summary>
internal sealed partial class ParserDirectives
{
    private static readonly string[] Known = ["syntax", "escape", "check"];

    private readonly Dictionary<string, string> _found = new(StringComparer.Ordinal);

    private ParserDirectives()
    {
    }

    /// <summary>The character that escapes and continues lines: a backslash or a backtick.</summary>
    public char Escape { get; private set; } = '\\';

    /// <summary>The frontend image asked for with its arguments, or null.</summary>
    public string? Syntax => Value("syntax");

    /// <summary>The lint options, or null.</summary>
    public string? Check => Value("check");

    /// <summary>How many lines at the top are directives, and so no comments.</summary>
    public int LineCount => _found.Count;

    /// <exception cref="SyntaxFault">A directive is repeated, or the escape character is none of the two.</exception>
    public static ParserDirectives Read(IReadOnlyList<string> lines)
    {
        var directives = new ParserDirectives();
        for (int i = 0; i < lines.Count; i++)
        {
            Match match = Shape().Match(lines[i]);
            string name = match.Groups[1].Value.ToLowerInvariant();
            if (!match.Success || !Known.Contains(name))
            {
                break;
            }
            directives.Add(name, match.Groups[2].Value, i + 1);
        }
        return directives;
    }

    private void Add(string name, string value, int line)
    {
        if (!_found.TryAdd(name, value))
        {
            throw new SyntaxFault($"only one {name} parser directive can be used") { Lines = LineRange.At(line) };
        }
        if (name == "escape")
        {
            Escape = value is "\\" or "`"
                ? value[0]
                : throw new SyntaxFault($"invalid escape token '{value}' does not match ` or \\") { Lines = LineRange.At(line) };
        }
    }

    private string? Value(string name) => _found.GetValueOrDefault(name);

    [GeneratedRegex(@"\A\s*#\s*([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(.+?)\s*\z", RegexOptions.CultureInvariant)]
    private static partial Regex Shape();
}
