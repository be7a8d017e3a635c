using System.Runtime.InteropServices;

namespace Cairn.Snapshotter.Native;

/// <summary>This part: processes and signals.</summary>
internal static unsafe partial class Libc
{
    public const int SIGKILL = 9;
    public const int SIGSTOP = 19;
    public const int SIGWINCH = 28;

    [LibraryImport("libc", SetLastError = true)]
    public static partial int raise(int signal);
}
