namespace Cairn.Solver;

/// <summary>A part of a file.</summary>
/// <param name="Offset">Bytes before it; behind the end, the part is empty.</param>
/// <param name="Length">Most bytes; 0 is all that follow.</param>
public readonly record struct ByteRange(long Offset, long Length)
{
    /// <summary>The whole file.</summary>
    public static ByteRange Whole { get; } = new(0, 0);
}
