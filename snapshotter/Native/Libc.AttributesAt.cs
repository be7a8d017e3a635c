using System.Runtime.InteropServices;
using System.Runtime.InteropServices.Marshalling;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Snapshotter.Native;

/// <summary>This part: extended attributes by directory and name, Linux 6.13 and later.</summary>
internal static unsafe partial class Libc
{
    [LibraryImport("libc", SetLastError = true, EntryPoint = "syscall")]
    public static partial nint listxattrat(
        long number, SafeFileHandle directory, [MarshalUsing(typeof(PathMarshaller))] string path, uint flags, byte* list, nint size);
}
