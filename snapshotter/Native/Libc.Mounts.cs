using System.Runtime.InteropServices;
using System.Runtime.InteropServices.Marshalling;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Snapshotter.Native;

/// <summary>This part: mounts.</summary>
internal static unsafe partial class Libc
{
    public const uint FSOPEN_CLOEXEC = 1;
    public const uint FSMOUNT_CLOEXEC = 1;
    public const uint FSCONFIG_SET_FLAG = 0;
    public const uint FSCONFIG_SET_STRING = 1;
    public const uint FSCONFIG_SET_FD = 5;
    public const uint FSCONFIG_CMD_CREATE = 6;
    public const uint MOUNT_ATTR_RDONLY = 1;
    public const uint MOUNT_ATTR_NOATIME = 0x10;
    public const uint MOVE_MOUNT_F_EMPTY_PATH = 4;
    public const uint OPEN_TREE_CLONE = 1;
    public const uint OPEN_TREE_CLOEXEC = 0x80000;
    public const int MNT_DETACH = 2;
    public const int UMOUNT_NOFOLLOW = 8;

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial SafeFileHandle fsopen(string filesystem, uint flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int fsconfig(
        SafeFileHandle context, uint command, string? key, [MarshalUsing(typeof(PathMarshaller))] string? value, int auxiliary);

    [LibraryImport("libc", SetLastError = true)]
    public static partial SafeFileHandle fsmount(SafeFileHandle context, uint flags, uint attributes);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int move_mount(
        SafeFileHandle fromDirectory, [MarshalUsing(typeof(PathMarshaller))] string from,
        int toDirectory, [MarshalUsing(typeof(PathMarshaller))] string to, uint flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int umount2([MarshalUsing(typeof(PathMarshaller))] string target, int flags);
}
