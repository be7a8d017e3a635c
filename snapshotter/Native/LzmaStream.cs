using System.Runtime.InteropServices;

namespace Cairn.Snapshotter.Native;

/// <summary><c>lzma_stream</c> of lzma/base.h: 136 bytes with what is reserved.</summary>
[StructLayout(LayoutKind.Sequential, Size = 136)]
internal unsafe struct LzmaStream
{
    public byte* next_in;
    public nuint avail_in;
    public ulong total_in;
    public byte* next_out;
    public nuint avail_out;
    public ulong total_out;
}
