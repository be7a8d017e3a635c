using System.Runtime.InteropServices;

namespace Cairn.Snapshotter.Native;

/// <summary><c>struct open_how</c> of linux/openat2.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct OpenHow
{
    public ulong flags;
    public ulong mode;
    public ulong resolve;
}
