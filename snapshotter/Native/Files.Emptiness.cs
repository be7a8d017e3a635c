using System.Runtime.InteropServices;

namespace Cairn.Snapshotter.Native;

/// <summary>This part: directories that go only if nothing is in them.</summary>
internal static unsafe partial class Files
{
    /// <summary>Removes an empty directory of the host. False if something is in it or mounted on it; an absent one is fine.</summary>
    public static bool TryRemoveDirectory(string path)
    {
        if (Libc.unlinkat(Anywhere, path, Libc.AT_REMOVEDIR) == 0)
        {
            return true;
        }
        int errno = Marshal.GetLastPInvokeError();
        return errno switch
        {
            Errno.ENOENT => true,
            Errno.ENOTEMPTY or Errno.EEXIST or Errno.EBUSY => false,
            _ => throw new NativeException("rmdir", path, errno),
        };
    }
}
