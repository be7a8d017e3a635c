using System.Runtime.InteropServices;

namespace Cairn.Snapshotter.Native;

/// <summary><c>ZSTD_inBuffer</c> and <c>ZSTD_outBuffer</c> of zstd.h, which have one layout.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct CodecBuffer
{
    public byte* start;
    public nuint size;
    public nuint pos;
}
