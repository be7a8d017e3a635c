using System.Runtime.InteropServices;
using System.Runtime.InteropServices.Marshalling;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Snapshotter.Native;

/// <summary>This part: extended attributes.</summary>
internal static unsafe partial class Libc
{
    [LibraryImport("libc", SetLastError = true)]
    public static partial nint llistxattr([MarshalUsing(typeof(PathMarshaller))] string path, byte* list, nint size);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint flistxattr(SafeFileHandle file, byte* list, nint size);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint lgetxattr(
        [MarshalUsing(typeof(PathMarshaller))] string path, [MarshalUsing(typeof(PathMarshaller))] string name, byte* value, nint size);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint fgetxattr(
        SafeFileHandle file, [MarshalUsing(typeof(PathMarshaller))] string name, byte* value, nint size);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int lsetxattr(
        [MarshalUsing(typeof(PathMarshaller))] string path, [MarshalUsing(typeof(PathMarshaller))] string name,
        byte* value, nint size, int flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int fsetxattr(
        SafeFileHandle file, [MarshalUsing(typeof(PathMarshaller))] string name, byte* value, nint size, int flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int lremovexattr(
        [MarshalUsing(typeof(PathMarshaller))] string path, [MarshalUsing(typeof(PathMarshaller))] string name);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int fremovexattr(SafeFileHandle file, [MarshalUsing(typeof(PathMarshaller))] string name);
}
