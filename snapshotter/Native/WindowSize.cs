using System.Runtime.InteropServices;

namespace Cairn.Snapshotter.Native;

/// <summary>The C library's <c>struct winsize</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct WindowSize
{
    public ushort ws_row;
    public ushort ws_col;
    public ushort ws_xpixel;
    public ushort ws_ypixel;
}
