namespace Cairn.Llb;

/// <summary>Places in one source file that a vertex or an error belongs to.</summary>
/// <param name="FileName">As the frontend names it, for instance "Dockerfile".</param>
/// <param name="Content">The whole file, UTF-8.</param>
/// <param name="Ranges">The places, in the order they were given; may be empty.</param>
/// <param name="Language">For instance "Dockerfile"; may be empty.</param>
public sealed record SourceLocation(
    string FileName, ReadOnlyMemory<byte> Content, IReadOnlyList<SourceRange> Ranges, string Language = "");
