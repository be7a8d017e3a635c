namespace Cairn.Snapshotter.Native;

/// <summary>This part: how mounts behave.</summary>
internal static unsafe partial class Libc
{
    public const ulong MOUNT_ATTR__ATIME = 0x70;
    public const ulong MS_PRIVATE = 1 << 18;
}
