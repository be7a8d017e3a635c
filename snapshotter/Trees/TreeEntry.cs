namespace Cairn.Snapshotter.Trees;

/// <summary>One name in a tree.</summary>
/// <param name="Path">Absolute path in the tree, such as <c>/etc/passwd</c>; the root is <c>/</c>.</param>
/// <param name="Name">Last part of the path; empty for the root.</param>
/// <param name="Status">Its status; links are not followed.</param>
public sealed record TreeEntry(string Path, string Name, FileStatus Status);
