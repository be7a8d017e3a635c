namespace Cairn.Snapshotter.Trees;

/// <summary>What <c>lstat</c> tells of a file.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Mode">Permission bits with setuid, setgid and sticky: 0 to octal 7777.</param>
/// <param name="Uid">Owner.</param>
/// <param name="Gid">Group.</param>
/// <param name="Size">Bytes of a regular file; length of the target of a symbolic link.</param>
/// <param name="DeviceMajor">Major number of a device node, else 0.</param>
/// <param name="DeviceMinor">Minor number of a device node, else 0.</param>
/// <param name="ModifiedNanoseconds">Time of the last change of content, nanoseconds since 1970.</param>
/// <param name="Inode">Inode number.</param>
/// <param name="Device">The filesystem it lies on: major number shifted left by 32, or-ed with the minor.</param>
/// <param name="LinkCount">Names of this inode.</param>
/// <param name="ChangedNanoseconds">Time of the last change of the inode, nanoseconds since 1970.</param>
public sealed record FileStatus(
    FileKind Kind, uint Mode, uint Uid, uint Gid, long Size, ulong DeviceMajor, ulong DeviceMinor,
    long ModifiedNanoseconds, ulong Inode, ulong Device, uint LinkCount, long ChangedNanoseconds)
{
    /// <summary>Time of the last read, nanoseconds since 1970.</summary>
    public long AccessedNanoseconds { get; init; }

    /// <summary>Bytes that the filesystem has set aside for it.</summary>
    public long AllocatedBytes { get; init; }

    /// <summary>Tells one file from another, also in a tree whose layers lie on several filesystems.</summary>
    public (ulong Device, ulong Inode) Identity => (Device, Inode);

    /// <summary>It is a directory.</summary>
    public bool IsDirectory => Kind == FileKind.Directory;

    /// <summary>It is a regular file.</summary>
    public bool IsRegular => Kind == FileKind.Regular;

    /// <summary>It is a symbolic link.</summary>
    public bool IsSymlink => Kind == FileKind.Symlink;

    /// <summary>In a layer, the mark that says "this name is deleted".</summary>
    public bool IsWhiteout => Kind == FileKind.CharacterDevice && DeviceMajor == 0 && DeviceMinor == 0;
}
