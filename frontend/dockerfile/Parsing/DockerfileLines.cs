namespace Cairn.Frontend.Dockerfile.Parsing;

/// <summary>A Dockerfile cut into instructions.</summary>
internal sealed record DockerfileLines(
    ParserDirectives Directives,
    IReadOnlyList<InstructionText> Instructions,
    IReadOnlyList<LineRange> EmptyContinuations);
