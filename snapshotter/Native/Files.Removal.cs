using System.Globalization;
using System.Runtime.InteropServices;
using Cairn.Snapshotter.Store;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Snapshotter.Native;

/// <summary>This part: removal of trees. Links are not followed, and no mount is entered.</summary>
internal static unsafe partial class Files
{
    private const int MaxRemovalDepth = 64;   // a descriptor for each level

    /// <summary>Removes everything in a directory.</summary>
    /// <exception cref="NativeException">Something cannot be removed; EXDEV if it is a mount. The rest may be gone.</exception>
    public static void RemoveContents(SafeFileHandle directory, CancellationToken cancellationToken)
    {
        // What lies too deep is moved up here and removed in the next round.
        int moved = 0;
        int before;
        do
        {
            before = moved;
            using SafeFileHandle listed = OpenAt(directory, ".", Libc.O_RDONLY | Libc.O_DIRECTORY);
            RemoveLevel(listed, listed, 0, ref moved, cancellationToken);
        }
        while (moved > before);
    }

    /// <summary>Removes a name with everything below it; an absent name is fine.</summary>
    /// <exception cref="NativeException">Something cannot be removed; EXDEV if it is a mount. The rest may be gone.</exception>
    public static void RemoveTree(SafeFileHandle directory, string name, CancellationToken cancellationToken)
    {
        if (TryUnlink(directory, name))
        {
            return;
        }
        using (SafeFileHandle child = OpenChild(directory, name))
        {
            RemoveContents(child, cancellationToken);
        }
        RemoveDirectory(directory, name);
    }

    /// <summary>Removes a tree of the host by its absolute path; an absent one is fine.</summary>
    public static void RemoveTree(string path, CancellationToken cancellationToken)
    {
        string parent = Path.GetDirectoryName(path)!;
        using SafeFileHandle? directory = TryOpenAt(Anywhere, parent, Libc.O_RDONLY | Libc.O_DIRECTORY, 0, out int errno);
        if (directory is not null)
        {
            RemoveTree(directory, Path.GetFileName(path), cancellationToken);
        }
        else if (errno != Errno.ENOENT)
        {
            throw new NativeException("open", parent, errno);
        }
    }

    private static void RemoveLevel(SafeFileHandle directory, SafeFileHandle top, int depth, ref int moved, CancellationToken cancellationToken)
    {
        foreach (string name in Names(directory))
        {
            cancellationToken.ThrowIfCancellationRequested();
            Failpoints.Hit("tree.unlink");
            if (TryUnlink(directory, name))
            {
                continue;
            }
            if (depth == MaxRemovalDepth)
            {
                MoveUp(directory, name, top, ref moved);
                continue;
            }
            using (SafeFileHandle child = OpenChild(directory, name))
            {
                RemoveLevel(child, top, depth + 1, ref moved, cancellationToken);
            }
            RemoveDirectory(directory, name);
        }
    }

    private static void MoveUp(SafeFileHandle directory, string name, SafeFileHandle top, ref int moved)
    {
        while (true)
        {
            string target = string.Create(CultureInfo.InvariantCulture, $".deep-{moved++}");
            if (Libc.renameat2(directory, name, top, target, Libc.RENAME_NOREPLACE) == 0)
            {
                return;
            }
            int errno = Marshal.GetLastPInvokeError();
            if (errno != Errno.EEXIST)
            {
                throw new NativeException("rename", name, errno);
            }
        }
    }

    // False for a directory.
    private static bool TryUnlink(SafeFileHandle directory, string name)
    {
        if (Libc.unlinkat(directory, name, 0) == 0)
        {
            return true;
        }
        int errno = Marshal.GetLastPInvokeError();
        return errno switch
        {
            Errno.ENOENT => true,
            Errno.EISDIR => false,
            _ => throw new NativeException("unlink", name, errno),
        };
    }

    private static SafeFileHandle OpenChild(SafeFileHandle directory, string name)
    {
        var how = new OpenHow
        {
            flags = Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW | Libc.O_CLOEXEC,
            resolve = Libc.RESOLVE_NO_XDEV,
        };
        while (true)
        {
            nint file = Libc.openat2(Libc.SYS_openat2, directory, name, &how, sizeof(OpenHow));
            if (file >= 0)
            {
                return new SafeFileHandle(file, ownsHandle: true);
            }
            int errno = Marshal.GetLastPInvokeError();
            if (errno is not (Errno.EINTR or Errno.EAGAIN))
            {
                throw new NativeException("open", name, errno);
            }
        }
    }
}
