using System.Runtime.InteropServices;
using System.Runtime.InteropServices.Marshalling;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Snapshotter.Native;

/// <summary>This part: further mounts of trees that are mounted already.</summary>
internal static unsafe partial class Libc
{
    public const ulong MOUNT_ATTR__ATIME = 0x70;
    public const ulong MS_PRIVATE = 1 << 18;

    [LibraryImport("libc", SetLastError = true)]
    public static partial SafeFileHandle open_tree(
        int directory, [MarshalUsing(typeof(PathMarshaller))] string path, uint flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int mount_setattr(
        SafeFileHandle mount, [MarshalUsing(typeof(PathMarshaller))] string path, uint flags, MountAttr* attributes, nint size);
}
