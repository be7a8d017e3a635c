using Cairn.Snapshotter.Trees;

namespace Cairn.Snapshotter.Merging;

/// <summary>A name in a directory of one layer.</summary>
/// <param name="Name">The name.</param>
/// <param name="Kind">What it is; a character device for a whiteout.</param>
/// <param name="IsWhiteout">It says that the name is deleted.</param>
internal readonly record struct LayerItem(string Name, FileKind Kind, bool IsWhiteout);
