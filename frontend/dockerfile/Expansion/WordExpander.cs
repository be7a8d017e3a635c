using Cairn.Frontend.Dockerfile.Parsing;

namespace Cairn.Frontend.Dockerfile.Expansion;

/// <summary>Expands variables and removes quotes, as a shell does for a single word.</summary>
/// <param name="escape">The escape character of the Dockerfile.</param>
internal sealed class WordExpander(char escape)
{
    /// <summary>Quotes stay in the result.</summary>
    public bool KeepQuotes { get; init; }

    /// <summary>Escape characters stay in the result.</summary>
    public bool KeepEscapes { get; init; }

    /// <summary>Variables that are not set stay as they are written, instead of becoming empty.</summary>
    public bool KeepUnknown { get; init; }

    /// <summary>Told each variable that is used, is not set and has no word to stand in for it.</summary>
    public Action<string>? Unknown { get; init; }

    internal char Escape => escape;

    /// <exception cref="SyntaxFault">A quote or brace is not closed, a substitution is wrong, or a required variable is absent.</exception>
    public string Expand(string text, IVariables variables) => new WordScanner(this, text, variables).Scan().Text;

    /// <summary>The expanded text split at blanks outside quotes; blanks in values of unquoted variables split too.</summary>
    /// <exception cref="SyntaxFault">As for <see cref="Expand"/>.</exception>
    public IReadOnlyList<string> ExpandWords(string text, IVariables variables) => new WordScanner(this, text, variables).Scan().Words;

    /// <summary>The text of a here-document: variables are expanded, quotes are ordinary characters.</summary>
    /// <exception cref="SyntaxFault">As for <see cref="Expand"/>.</exception>
    public static string ExpandDocument(string text, IVariables variables, Action<string>? unknown) =>
        new WordScanner(new WordExpander('\\') { Unknown = unknown }, text, variables) { PlainQuotes = true }.Scan().Text;
}
