using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Snapshotter.Tests.Durability;

/// <summary>Takes the power from a filesystem: nothing that is not on the disk yet will ever be.</summary>
internal static class PowerCut
{
    private const ulong Shutdown = 0x8004587d;   // EXT4_IOC_SHUTDOWN, XFS_IOC_GOINGDOWN: _IOR('X', 125, __u32)
    private const uint NoLogFlush = 2;

    /// <summary>False where the filesystem cannot do that.</summary>
    public static bool TryCut(string mount)
    {
        using SafeFileHandle directory = Cairn.Snapshotter.Native.Files.OpenDirectory(mount);
        uint flags = NoLogFlush;
        return ioctl(directory, Shutdown, ref flags) == 0;
    }

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int ioctl(SafeFileHandle file, ulong request, ref uint flags);
}
