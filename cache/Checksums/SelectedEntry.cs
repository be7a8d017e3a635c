namespace Cairn.Cache.Checksums;

/// <summary>One entry that a selector took.</summary>
/// <param name="Path">Its path as the selector sees it: the selector's own prefix, not where links led.</param>
/// <param name="Location">Its path in the tree without links.</param>
/// <param name="Node">The entry.</param>
/// <param name="IsTop">Whether the wildcard matched it itself, or the plain path names it.</param>
internal sealed record SelectedEntry(string Path, string Location, TreeNode Node, bool IsTop);
