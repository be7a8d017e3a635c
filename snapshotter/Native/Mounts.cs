using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Snapshotter.Native;

/// <summary>Overlay mounts through the new mount API. A mount that is not attached vanishes with its descriptor.</summary>
internal static partial class Mounts
{
    /// <summary>Most lower layers of a mount: the kernel takes one more.</summary>
    public const int MaxLowers = 499;

    private const int MaxConfigValue = 255;   // fsconfig refuses longer strings

    /// <summary>A detached overlay.</summary>
    /// <param name="lowers">Directories of the layers, topmost first; at least one with an upper directory, else two.</param>
    /// <param name="upper">Directory that takes the changes, null for a read-only tree.</param>
    /// <param name="work">Empty directory beside the upper one.</param>
    /// <param name="userMarks">Marks are attributes of the user namespace: for a process without rights over the machine.</param>
    /// <exception cref="NativeException">The kernel refused.</exception>
    public static SafeFileHandle Overlay(IReadOnlyList<string> lowers, string? upper, string? work, bool userMarks)
    {
        using SafeFileHandle context = Libc.fsopen("overlay", Libc.FSOPEN_CLOEXEC);
        if (context.IsInvalid)
        {
            throw new NativeException("fsopen", "overlay", Marshal.GetLastPInvokeError());
        }
        foreach (string lower in lowers)
        {
            SetDirectory(context, "lowerdir+", lower);
        }
        if (upper is not null && work is not null)
        {
            SetDirectory(context, "upperdir", upper);
            SetDirectory(context, "workdir", work);
            // Nothing in an upper directory has to survive a power cut before it is published and sealed.
            Configure(context, Libc.FSCONFIG_SET_FLAG, "volatile", null);
        }
        // Layers must mean the same in every stack: nothing that points into other layers may be written or followed.
        Set(context, "index", "off");
        Set(context, "metacopy", "off");
        Set(context, "nfs_export", "off");
        Set(context, "xino", "off");
        Set(context, "redirect_dir", "nofollow");
        if (userMarks)
        {
            Configure(context, Libc.FSCONFIG_SET_FLAG, "userxattr", null);
        }
        Configure(context, Libc.FSCONFIG_CMD_CREATE, null, null);
        uint attributes = upper is null ? Libc.MOUNT_ATTR_RDONLY | Libc.MOUNT_ATTR_NOATIME : Libc.MOUNT_ATTR_NOATIME;
        SafeFileHandle mount = Libc.fsmount(context, Libc.FSMOUNT_CLOEXEC, attributes);
        if (mount.IsInvalid)
        {
            int errno = Marshal.GetLastPInvokeError();
            mount.Dispose();
            throw new NativeException("fsmount", "overlay", errno);
        }
        return mount;
    }

    /// <summary>A detached tmpfs.</summary>
    /// <param name="mode">Permission bits of its root, octal.</param>
    /// <exception cref="NativeException">The kernel refused.</exception>
    public static SafeFileHandle Memory(string mode)
    {
        using SafeFileHandle context = Libc.fsopen("tmpfs", Libc.FSOPEN_CLOEXEC);
        if (context.IsInvalid)
        {
            throw new NativeException("fsopen", "tmpfs", Marshal.GetLastPInvokeError());
        }
        Set(context, "mode", mode);
        Configure(context, Libc.FSCONFIG_CMD_CREATE, null, null);
        SafeFileHandle mount = Libc.fsmount(context, Libc.FSMOUNT_CLOEXEC, 0);
        if (mount.IsInvalid)
        {
            int errno = Marshal.GetLastPInvokeError();
            mount.Dispose();
            throw new NativeException("fsmount", "tmpfs", errno);
        }
        return mount;
    }

    /// <summary>Attaches a detached mount to a directory. From now on it stays until <see cref="Detach"/>.</summary>
    public static void Attach(SafeFileHandle mount, string target) => Files.Check(
        Libc.move_mount(mount, "", Libc.AT_FDCWD, target, Libc.MOVE_MOUNT_F_EMPTY_PATH), "move_mount", target);

    /// <summary>Takes a mount away from its directory; it ends when its last user does.</summary>
    public static void Detach(string target)
    {
        if (Libc.umount2(target, Libc.MNT_DETACH | Libc.UMOUNT_NOFOLLOW) != 0)
        {
            int errno = Marshal.GetLastPInvokeError();
            if (errno is not (Errno.EINVAL or Errno.ENOENT))   // not mounted any more is what was wanted
            {
                throw new NativeException("umount", target, errno);
            }
        }
    }

    private static void SetDirectory(SafeFileHandle context, string key, string directory)
    {
        if (PathText.Encode(directory).Length <= MaxConfigValue)
        {
            Set(context, key, directory);
            return;
        }
        using SafeFileHandle handle = Files.Open(directory, Libc.O_PATH | Libc.O_DIRECTORY);
        Set(context, key, Files.Through(handle, ""));
    }

    private static void Set(SafeFileHandle context, string key, string value) =>
        Configure(context, Libc.FSCONFIG_SET_STRING, key, value);

    private static void Configure(SafeFileHandle context, uint command, string? key, string? value)
    {
        if (Libc.fsconfig(context, command, key, value, 0) != 0)
        {
            int errno = Marshal.GetLastPInvokeError();
            throw new NativeException("mount overlay", key is null ? Message(context) : $"option {key}={value}", errno);
        }
    }

    // The kernel leaves the reason as lines of text on the context.
    private static string Message(SafeFileHandle context)
    {
        Span<byte> buffer = stackalloc byte[512];
        int length = Files.ReadMessage(context, buffer);
        return length > 0 ? PathText.Decode(buffer[..length]).Trim() : "options";
    }
}
