using System.Runtime.InteropServices;

namespace Cairn.Snapshotter.Native;

/// <summary><c>struct statx_timestamp</c> of linux/stat.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct StatxTimestamp
{
    public long tv_sec;
    public uint tv_nsec;
    public int spare;
}
