namespace Cairn.Llb;

/// <summary>A stretch of a source file.</summary>
/// <param name="StartLine">First line, counted from 1.</param>
/// <param name="StartCharacter">Column in the first line, counted from 0.</param>
/// <param name="EndLine">Last line, counted from 1.</param>
/// <param name="EndCharacter">Column in the last line, counted from 0.</param>
public readonly record struct SourceRange(int StartLine, int StartCharacter, int EndLine, int EndCharacter)
{
    /// <summary>Whole lines.</summary>
    public static SourceRange Lines(int first, int last) => new(first, 0, last, 0);
}
