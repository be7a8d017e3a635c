using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Snapshotter.Native;

/// <summary>This part: pseudo terminals, and signals for other processes.</summary>
internal static unsafe partial class Libc
{
    public const int O_NOCTTY = 0x100;

    public const ulong TIOCSWINSZ = 0x5414;
    public const ulong TIOCGPTN = 0x80045430;
    public const ulong TIOCSPTLCK = 0x40045431;
    public const ulong TIOCGPTPEER = 0x5441;

    [LibraryImport("libc", SetLastError = true)]
    public static partial int ioctl(SafeFileHandle file, ulong request, int* argument);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int ioctl(SafeFileHandle file, ulong request, WindowSize* argument);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int ioctl(SafeFileHandle file, ulong request, nint argument);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int kill(int process, int signal);
}
