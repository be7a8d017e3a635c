using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Snapshotter.Native;

/// <summary>
/// A directory once more at another place, where nothing can be written through it: not by mistake, not a time of access, and no hard link
/// can lead out of it.
/// </summary>
internal static unsafe class ReadOnlyMount
{
    /// <summary>Mounts a directory without what is mounted below it. It stays until <see cref="Mounts.Detach"/>.</summary>
    /// <param name="directory">Absolute path.</param>
    /// <param name="target">Existing directory.</param>
    /// <exception cref="NativeException">The kernel refused.</exception>
    public static void Attach(string directory, string target)
    {
        using SafeFileHandle mount = Libc.open_tree(Files.Anywhere, directory, Libc.OPEN_TREE_CLONE | Libc.OPEN_TREE_CLOEXEC);
        if (mount.IsInvalid)
        {
            throw new NativeException("open_tree", directory, Marshal.GetLastPInvokeError());
        }
        var attributes = new MountAttributes
        {
            attr_set = Libc.MOUNT_ATTR_RDONLY | Libc.MOUNT_ATTR_NOATIME,
            attr_clr = Libc.MOUNT_ATTR__ATIME,
            propagation = Libc.MS_PRIVATE,
        };
        Files.Check(Libc.mount_setattr(mount, "", Libc.AT_EMPTY_PATH, &attributes, sizeof(MountAttributes)), "mount_setattr", directory);
        Mounts.Attach(mount, target);
    }
}
