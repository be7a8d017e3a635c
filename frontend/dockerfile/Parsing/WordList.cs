using System.Text;

namespace Cairn.Frontend.Dockerfile.Parsing;

/// <summary>Splits arguments into words.</summary>
internal static class WordList
{
    private static readonly char[] Blanks = ['\t', '\v', '\f', '\r', ' '];

    /// <summary>Words between blanks, no quoting.</summary>
    public static IReadOnlyList<string> SplitAtBlanks(string text) => text.Split(Blanks, StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Words between blanks that are neither quoted nor escaped; quotes and escapes stay in the words.</summary>
    public static IReadOnlyList<string> SplitQuoted(string text, char escape)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        bool inWord = false;
        char quote = '\0';
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (quote == '\0' && char.IsWhiteSpace(c))
            {
                if (inWord)
                {
                    words.Add(word.ToString());
                    word.Clear();
                    inWord = false;
                }
                continue;
            }
            inWord = true;
            if (c == escape && quote != '\'')
            {
                if (i + 1 == text.Length)
                {
                    continue;   // an escape with nothing behind it escapes nothing
                }
                word.Append(c).Append(text[++i]);
                continue;
            }
            if (quote == '\0' && c is '\'' or '"')
            {
                quote = c;
            }
            else if (c == quote)
            {
                quote = '\0';
            }
            word.Append(c);
        }
        if (inWord)
        {
            words.Add(word.ToString());
        }
        return words;
    }

    /// <summary>The text up to the first run of blanks and the text behind it; the second is null without blanks.</summary>
    public static (string First, string? Remainder) CutAtBlanks(string text)
    {
        int end = text.IndexOfAny(Blanks);
        return end < 0 ? (text, null) : (text[..end], text[end..].TrimStart(Blanks));
    }
}
