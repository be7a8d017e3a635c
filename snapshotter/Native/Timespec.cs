using System.Runtime.InteropServices;

namespace Cairn.Snapshotter.Native;

/// <summary><c>struct timespec</c> on 64-bit Linux.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct Timespec
{
    public long tv_sec;
    public long tv_nsec;

    /// <summary>The same moment as nanoseconds since 1970.</summary>
    public static Timespec FromNanoseconds(long nanoseconds)
    {
        (long seconds, long rest) = Math.DivRem(nanoseconds, 1_000_000_000);
        return rest < 0
            ? new Timespec { tv_sec = seconds - 1, tv_nsec = rest + 1_000_000_000 }
            : new Timespec { tv_sec = seconds, tv_nsec = rest };
    }

    /// <summary>Leaves this time as it is.</summary>
    public static Timespec Omit => new() { tv_nsec = Libc.UTIME_OMIT };
}
