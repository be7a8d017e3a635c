using System.Runtime.InteropServices;

namespace Cairn.Snapshotter.Native;

/// <summary><c>bz_stream</c> of bzlib.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct BzStream
{
    public byte* next_in;
    public uint avail_in;
    public uint total_in_lo32;
    public uint total_in_hi32;
    public byte* next_out;
    public uint avail_out;
    public uint total_out_lo32;
    public uint total_out_hi32;
    public nint state;
    public nint bzalloc;
    public nint bzfree;
    public nint opaque;
}
