namespace Cairn.Solver.Explain;

/// <summary>One file that differs.</summary>
/// <param name="Path">Absolute in the input.</param>
/// <param name="Changes">
/// <c>added</c> or <c>removed</c>; else all that differs of <c>type</c>, <c>content</c>, <c>mode</c>, <c>owner</c>, <c>link</c>, <c>attributes</c>.
/// Whether the content of a file differs whose other fields differ, too, is only told by its size.
/// </param>
/// <param name="Old">How it was; null if it was not there.</param>
/// <param name="New">How it is; null if it is not there.</param>
public sealed record FileChange(string Path, IReadOnlyList<string> Changes, FileState? Old, FileState? New);
