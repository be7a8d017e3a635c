using System.Runtime.InteropServices;
using System.Runtime.InteropServices.Marshalling;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Snapshotter.Native;

/// <summary>This part: mounts of what is there already.</summary>
internal static unsafe partial class Libc
{
    [LibraryImport("libc", SetLastError = true)]
    public static partial SafeFileHandle open_tree(
        SafeFileHandle directory, [MarshalUsing(typeof(PathMarshaller))] string path, uint flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int mount_setattr(
        SafeFileHandle mount, [MarshalUsing(typeof(PathMarshaller))] string path, uint flags, MountAttributes* attributes, nint size);
}
