namespace Cairn.Frontend.Dockerfile.Parsing;

/// <summary>A here-document of an instruction.</summary>
/// <param name="Name">The word that ends it, without quotes.</param>
/// <param name="Expand">Variables in the content are expanded: no part of the word was quoted.</param>
/// <param name="Chomp">Leading tabs are dropped from every line (<c>&lt;&lt;-</c>).</param>
/// <param name="Content">The lines as written, each with its line end.</param>
internal sealed record Heredoc(string Name, bool Expand, bool Chomp, string Content)
{
    /// <summary>The content as the instruction uses it, tabs dropped if asked.</summary>
    public string Text => Chomp ? WithoutLeadingTabs(Content) : Content;

    private static string WithoutLeadingTabs(string content) =>
        string.Join('\n', content.Split('\n').Select(line => line.TrimStart('\t')));
}
