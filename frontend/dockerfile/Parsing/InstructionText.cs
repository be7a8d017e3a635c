namespace Cairn.Frontend.Dockerfile.Parsing;

/// <summary>One instruction, cut out of the file but not yet understood.</summary>
/// <param name="Name">The first word, as written.</param>
/// <param name="Flags">The words beginning with two dashes that follow it.</param>
/// <param name="Rest">What is left after the flags, trimmed.</param>
/// <param name="Original">The whole line with its continuations joined.</param>
/// <param name="Heredocs">Its here-documents with their contents, in order.</param>
/// <param name="Lines">All lines it covers, here-documents included.</param>
/// <param name="Comments">The comments directly above it, without the mark.</param>
internal sealed record InstructionText(
    string Name,
    IReadOnlyList<string> Flags,
    string Rest,
    string Original,
    IReadOnlyList<Heredoc> Heredocs,
    LineRange Lines,
    IReadOnlyList<string> Comments)
{
    /// <summary>The name in lower case: instruction names know no case.</summary>
    public string Keyword { get; } = Name.ToLowerInvariant();
}
