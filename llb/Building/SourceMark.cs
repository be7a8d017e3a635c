namespace Cairn.Llb.Building;

/// <summary>Places in a source file that an operation was written at.</summary>
/// <param name="File">The file; marks of the same object share one entry in the source map.</param>
/// <param name="Ranges">The places.</param>
public sealed record SourceMark(SourceFile File, IReadOnlyList<SourceRange> Ranges);
