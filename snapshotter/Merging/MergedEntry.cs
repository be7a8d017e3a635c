using Cairn.Snapshotter.Trees;

namespace Cairn.Snapshotter.Merging;

/// <summary>What a <see cref="MergedDirectory{T}"/> has under one name.</summary>
/// <param name="Name">The name.</param>
/// <param name="Kind">Kind of the topmost entry.</param>
/// <param name="IsWhiteout">The name is deleted, and something below the stack may have it.</param>
/// <param name="Directory">The part that has the topmost entry; belongs to the merged directory.</param>
/// <param name="Part">Its place among the parts.</param>
/// <typeparam name="T">Directory of one layer.</typeparam>
internal sealed record MergedEntry<T>(string Name, FileKind Kind, bool IsWhiteout, T Directory, int Part)
{
    /// <summary>For a directory, places of the parts below that have a directory of this name which shows through; null for none.</summary>
    public List<int>? Below { get; set; }

    /// <summary>For a directory: a file or a whiteout of a part hides what further parts, and layers below the stack, have here.</summary>
    public bool IsCut { get; set; }
}
