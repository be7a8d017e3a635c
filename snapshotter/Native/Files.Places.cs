using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Snapshotter.Native;

/// <summary>This part: where files lie.</summary>
internal static unsafe partial class Files
{
    /// <summary>Filesystem and mount that a directory of the host lies on: only within both can be renamed.</summary>
    /// <remarks>The mount is 0 on kernels before 5.8, which do not tell.</remarks>
    public static (ulong Device, ulong Mount) Place(string directory)
    {
        using SafeFileHandle opened = OpenDirectory(directory);
        return Place(opened);
    }

    /// <summary>Filesystem and mount of an open file.</summary>
    public static (ulong Device, ulong Mount) Place(SafeFileHandle opened)
    {
        Statx status;
        Check(Libc.statx(opened, "", Libc.AT_EMPTY_PATH, Libc.STATX_BASIC_STATS | Libc.STATX_MNT_ID, &status), "statx", "descriptor");
        ulong device = ((ulong)status.stx_dev_major << 32) | status.stx_dev_minor;
        return (device, (status.stx_mask & Libc.STATX_MNT_ID) == 0 ? 0 : status.stx_mnt_id);
    }

    /// <summary>What tells a file from a copy of it, also after a boot: its inode, and when it was made if the filesystem knows.</summary>
    public static string Birth(SafeFileHandle opened)
    {
        Statx status;
        Check(Libc.statx(opened, "", Libc.AT_EMPTY_PATH, Libc.STATX_BASIC_STATS | Libc.STATX_BTIME, &status), "statx", "descriptor");
        bool isKnown = (status.stx_mask & Libc.STATX_BTIME) != 0;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{status.stx_ino} {(isKnown ? status.stx_btime.tv_sec : 0)}.{(isKnown ? status.stx_btime.tv_nsec : 0)}");
    }
}
