using System.Runtime.InteropServices;
using System.Runtime.InteropServices.Marshalling;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Snapshotter.Native;

/// <summary>This part: files in memory.</summary>
internal static unsafe partial class Libc
{
    public const uint MFD_CLOEXEC = 1;

    [LibraryImport("libc", SetLastError = true)]
    public static partial SafeFileHandle memfd_create([MarshalUsing(typeof(PathMarshaller))] string name, uint flags);
}
