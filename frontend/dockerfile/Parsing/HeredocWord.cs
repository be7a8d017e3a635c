using System.Text.RegularExpressions;
using Cairn.Frontend.Dockerfile.Expansion;

namespace Cairn.Frontend.Dockerfile.Parsing;

/// <summary>Recognises words of the form <c>[fd]&lt;&lt;[-]WORD</c>.</summary>
internal static partial class HeredocWord
{
    private const char Escape = '\\';

    /// <summary>The here-documents a line announces, in order, still without content.</summary>
    public static IReadOnlyList<Heredoc> FindAll(string line)
    {
        var words = new WordExpander(Escape) { KeepQuotes = true, KeepEscapes = true, KeepUnknown = true };
        var found = new List<Heredoc>();
        foreach (string word in words.ExpandWords(line, EmptyVariables.Instance))
        {
            if (TryParse(word) is { } heredoc)
            {
                found.Add(heredoc);
            }
        }
        return found;
    }

    /// <summary>The here-document a single word announces, or null when it is an ordinary word.</summary>
    public static Heredoc? TryParse(string word)
    {
        Match match = Shape().Match(word);
        if (!match.Success || match.Groups[2].Length == 0)
        {
            return null;
        }
        string quoted = match.Groups[2].Value;
        try
        {
            IReadOnlyList<string> plain = new WordExpander(Escape) { KeepUnknown = true }.ExpandWords(quoted, EmptyVariables.Instance);
            IReadOnlyList<string> raw = new WordExpander(Escape) { KeepQuotes = true, KeepUnknown = true }
                .ExpandWords(quoted, EmptyVariables.Instance);
            return plain.Count == 1 ? new Heredoc(plain[0], raw[0] == plain[0], match.Groups[1].Length > 0, "") : null;
        }
        catch (SyntaxFault)
        {
            return null;   // an unbalanced quote makes it a word like any other
        }
    }

    [GeneratedRegex(@"\A\d*<<(-?)([^<]*)\z", RegexOptions.CultureInvariant)]
    private static partial Regex Shape();
}
