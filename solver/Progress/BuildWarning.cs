using Cairn.Llb;

namespace Cairn.Solver.Progress;

/// <summary>A warning in words, with the place it is about.</summary>
/// <param name="Level">1 for a normal warning.</param>
/// <param name="Short">One line.</param>
/// <param name="Detail">More lines; may be empty.</param>
/// <param name="Url">Where more can be read; may be null.</param>
/// <param name="Source">The file and ranges it is about; null if it is about none.</param>
public sealed record BuildWarning(int Level, string Short, IReadOnlyList<string> Detail, string? Url, SourceLocation? Source)
{
    /// <summary>One line, about no place.</summary>
    public static BuildWarning Plain(string text) => new(1, text, [], null, null);
}
