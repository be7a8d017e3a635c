using System.Runtime.InteropServices;

namespace Cairn.Snapshotter.Native;

/// <summary><c>struct mount_attr</c> of <c>linux/mount.h</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct MountAttributes
{
    public ulong attr_set;
    public ulong attr_clr;
    public ulong propagation;
    public ulong userns_fd;
}
