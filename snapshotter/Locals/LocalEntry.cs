using Cairn.Snapshotter.Trees;

namespace Cairn.Snapshotter.Locals;

/// <summary>One entry of a client's directory.</summary>
/// <param name="Path">Relative to the directory, with <c>/</c> between names and none in front.</param>
/// <param name="Status">As lstat has it.</param>
/// <param name="LinkTarget">Of a symbolic link; of a regular file the path of an earlier entry that it is a hard link to; else null.</param>
/// <param name="Attributes">Extended attributes by name.</param>
public sealed record LocalEntry(string Path, FileStatus Status, string? LinkTarget, IReadOnlyDictionary<string, byte[]> Attributes);
