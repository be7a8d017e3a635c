using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Snapshotter.Native;

/// <summary>This part: mounts of what is there already.</summary>
internal static partial class Mounts
{
    /// <summary>A detached mount of a directory that cannot be written through; null where this process may not mount.</summary>
    public static unsafe SafeFileHandle? TryReadOnly(string directory)
    {
        SafeFileHandle mount = Libc.open_tree(Files.Anywhere, directory, Libc.OPEN_TREE_CLONE | Libc.OPEN_TREE_CLOEXEC);
        int errno = mount.IsInvalid ? Marshal.GetLastPInvokeError() : 0;
        if (errno == 0)
        {
            var attributes = new MountAttributes { attr_set = Libc.MOUNT_ATTR_RDONLY };
            errno = Libc.mount_setattr(mount, "", Libc.AT_EMPTY_PATH, &attributes, sizeof(MountAttributes)) == 0
                ? 0 : Marshal.GetLastPInvokeError();
        }
        if (errno == 0)
        {
            return mount;
        }
        mount.Dispose();
        return errno is Errno.EPERM or Errno.EINVAL or Errno.ENOSYS ? null : throw new NativeException("open_tree", directory, errno);
    }
}
