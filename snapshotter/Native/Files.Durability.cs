using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Snapshotter.Native;

/// <summary>This part: what makes writes durable, and space for them.</summary>
internal static unsafe partial class Files
{
    /// <summary>Makes the content of a file durable.</summary>
    public static void SyncContent(SafeFileHandle file, string subject) => Check(Libc.fdatasync(file), "fdatasync", subject);

    /// <summary>Sets space aside for a file; false if the disk has not so much left, or cannot do that.</summary>
    public static bool TryAllocate(SafeFileHandle file, long length)
    {
        while (Libc.fallocate(file, 0, 0, length) != 0)
        {
            int errno = Marshal.GetLastPInvokeError();
            if (errno is Errno.ENOSPC or Errno.EDQUOT or Errno.EOPNOTSUPP)
            {
                return false;
            }
            if (errno != Errno.EINTR)
            {
                throw new NativeException("fallocate", "file", errno);
            }
        }
        return true;
    }
}
