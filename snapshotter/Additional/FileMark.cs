using Cairn.Snapshotter.Trees;

namespace Cairn.Snapshotter.Additional;

/// <summary>Tells one state of a file from another.</summary>
/// <param name="Inode">Inode number.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Modified">Time of the last change of content, nanoseconds since 1970.</param>
internal readonly record struct FileMark(ulong Inode, long Size, long Modified)
{
    public static FileMark Of(FileStatus status) => new(status.Inode, status.Size, status.ModifiedNanoseconds);
}
