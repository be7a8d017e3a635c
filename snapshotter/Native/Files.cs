using System.Runtime.InteropServices;
using Cairn.Snapshotter.Trees;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Snapshotter.Native;

/// <summary>System calls on names relative to a directory's descriptor; a failure is a <see cref="NativeException"/>.</summary>
internal static unsafe partial class Files
{
    private const int StackBuffer = 1024;

    /// <summary>Stands for "relative to the working directory" where an absolute path follows.</summary>
    public static SafeFileHandle Anywhere { get; } = new(Libc.AT_FDCWD, ownsHandle: false);

    /// <summary>Opens an absolute path of the host.</summary>
    public static SafeFileHandle Open(string path, int flags, uint mode = 0) => OpenAt(Anywhere, path, flags, mode);

    /// <summary>Opens a directory of the host for <c>*at</c> calls and listing.</summary>
    public static SafeFileHandle OpenDirectory(string path) => Open(path, Libc.O_RDONLY | Libc.O_DIRECTORY);

    public static SafeFileHandle OpenAt(SafeFileHandle directory, string name, int flags, uint mode = 0)
    {
        SafeFileHandle? file = TryOpenAt(directory, name, flags, mode, out int errno);
        return file ?? throw new NativeException("open", name, errno);
    }

    public static SafeFileHandle? TryOpenAt(SafeFileHandle directory, string name, int flags, uint mode, out int errno)
    {
        while (true)
        {
            SafeFileHandle file = Libc.openat(directory, name, flags | Libc.O_CLOEXEC, mode);
            if (!file.IsInvalid)
            {
                errno = 0;
                return file;
            }
            errno = Marshal.GetLastPInvokeError();
            file.Dispose();
            if (errno != Errno.EINTR)
            {
                return null;
            }
        }
    }

    /// <summary>Opens a path as if <paramref name="root"/> were the root of everything; links cannot lead out of it.</summary>
    public static SafeFileHandle? TryOpenInRoot(SafeFileHandle root, string path, int flags, out int errno)
    {
        var how = new OpenHow
        {
            flags = (ulong)(flags | Libc.O_CLOEXEC),
            resolve = Libc.RESOLVE_IN_ROOT | Libc.RESOLVE_NO_MAGICLINKS,
        };
        while (true)
        {
            nint file = Libc.openat2(Libc.SYS_openat2, root, path, &how, sizeof(OpenHow));
            if (file >= 0)
            {
                errno = 0;
                return new SafeFileHandle(file, ownsHandle: true);
            }
            errno = Marshal.GetLastPInvokeError();
            if (errno is not (Errno.EINTR or Errno.EAGAIN))   // EAGAIN: something was renamed meanwhile
            {
                return null;
            }
        }
    }

    /// <summary>Status of a name without following it; null if there is no such name.</summary>
    public static FileStatus? TryStatus(SafeFileHandle directory, string name)
    {
        Statx status;
        if (Libc.statx(directory, name, Libc.AT_SYMLINK_NOFOLLOW | Libc.AT_NO_AUTOMOUNT, Libc.STATX_BASIC_STATS, &status) == 0)
        {
            return From(status);
        }
        int errno = Marshal.GetLastPInvokeError();
        return errno is Errno.ENOENT or Errno.ENOTDIR ? null : throw new NativeException("stat", name, errno);
    }

    public static FileStatus Status(SafeFileHandle directory, string name) =>
        TryStatus(directory, name) ?? throw new NativeException("stat", name, Errno.ENOENT);

    /// <summary>Status of an open file.</summary>
    public static FileStatus Status(SafeFileHandle file)
    {
        Statx status;
        byte empty = 0;
        Check(Libc.statx(file, &empty, Libc.AT_EMPTY_PATH, Libc.STATX_BASIC_STATS, &status), "stat", "descriptor");
        return From(status);
    }

    public static void MakeDirectory(SafeFileHandle directory, string name, uint mode) =>
        Check(Libc.mkdirat(directory, name, mode), "mkdir", name);

    /// <summary>False if the name is taken.</summary>
    public static bool TryMakeDirectory(SafeFileHandle directory, string name, uint mode)
    {
        if (Libc.mkdirat(directory, name, mode) == 0)
        {
            return true;
        }
        int errno = Marshal.GetLastPInvokeError();
        return errno == Errno.EEXIST ? false : throw new NativeException("mkdir", name, errno);
    }

    public static void MakeNode(SafeFileHandle directory, string name, FileKind kind, uint mode, ulong major, ulong minor) =>
        Check(Libc.mknodat(directory, name, TypeBits(kind) | mode, DeviceNumber(major, minor)), "mknod", name);

    public static void MakeWhiteout(SafeFileHandle directory, string name) =>
        MakeNode(directory, name, FileKind.CharacterDevice, 0, 0, 0);

    public static void MakeSymlink(SafeFileHandle directory, string name, string target) =>
        Check(Libc.symlinkat(target, directory, name), "symlink", name);

    public static string ReadLink(SafeFileHandle directory, string name)
    {
        byte* buffer = stackalloc byte[4096];   // PATH_MAX, the longest target there is
        nint length = Libc.readlinkat(directory, name, buffer, 4096);
        Check(length, "readlink", name);
        return PathText.Decode(new ReadOnlySpan<byte>(buffer, (int)length));
    }

    public static void Link(SafeFileHandle fromDirectory, string from, SafeFileHandle toDirectory, string to)
    {
        int errno = TryLink(fromDirectory, from, toDirectory, to);
        if (errno != 0)
        {
            throw new NativeException("link", to, errno);
        }
    }

    /// <summary>Adds a name to an inode; returns the error number, 0 for success.</summary>
    public static int TryLink(SafeFileHandle fromDirectory, string from, SafeFileHandle toDirectory, string to) =>
        Libc.linkat(fromDirectory, from, toDirectory, to, 0) == 0 ? 0 : Marshal.GetLastPInvokeError();

    /// <summary>Adds a name to an open inode, also one opened with O_PATH; returns the error number, 0 for success.</summary>
    public static int TryLinkOpen(SafeFileHandle file, SafeFileHandle toDirectory, string to) =>
        Libc.linkat(file, "", toDirectory, to, Libc.AT_EMPTY_PATH) == 0 ? 0 : Marshal.GetLastPInvokeError();

    /// <summary>Removes a name that is not a directory.</summary>
    public static void Unlink(SafeFileHandle directory, string name) => Check(Libc.unlinkat(directory, name, 0), "unlink", name);

    public static void RemoveDirectory(SafeFileHandle directory, string name) =>
        Check(Libc.unlinkat(directory, name, Libc.AT_REMOVEDIR), "rmdir", name);

    /// <summary>Renames within one filesystem; paths are absolute. False if the new name is taken.</summary>
    public static bool TryRename(string from, string to)
    {
        if (Libc.renameat2(Anywhere, from, Anywhere, to, Libc.RENAME_NOREPLACE) == 0)
        {
            return true;
        }
        int errno = Marshal.GetLastPInvokeError();
        return errno is Errno.EEXIST or Errno.ENOTEMPTY ? false : throw new NativeException("rename", $"{from} to {to}", errno);
    }

    /// <summary>Renames over what has the new name, in one step.</summary>
    public static void Replace(SafeFileHandle fromDirectory, string from, SafeFileHandle toDirectory, string to) =>
        Check(Libc.renameat2(fromDirectory, from, toDirectory, to, 0), "rename", to);

    public static void SetOwner(SafeFileHandle directory, string name, FileOwner owner) =>
        Check(Libc.fchownat(directory, name, owner.Uid, owner.Gid, Libc.AT_SYMLINK_NOFOLLOW), "chown", name);

    public static void SetOwner(SafeFileHandle file, FileOwner owner) => Check(Libc.fchown(file, owner.Uid, owner.Gid), "chown", "descriptor");

    /// <summary>Sets the mode of a name that is known not to be a symbolic link.</summary>
    public static void SetMode(SafeFileHandle directory, string name, uint mode) =>
        Check(Libc.fchmodat(directory, name, mode, 0), "chmod", name);

    public static void SetMode(SafeFileHandle file, uint mode) => Check(Libc.fchmod(file, mode), "chmod", "descriptor");

    public static void SetTimes(SafeFileHandle directory, string name, FileTimes times)
    {
        Timespec* pair = stackalloc Timespec[2];
        Fill(pair, times);
        Check(Libc.utimensat(directory, name, pair, Libc.AT_SYMLINK_NOFOLLOW), "utimensat", name);
    }

    public static void SetTimes(SafeFileHandle file, FileTimes times)
    {
        Timespec* pair = stackalloc Timespec[2];
        Fill(pair, times);
        Check(Libc.futimens(file, pair), "futimens", "descriptor");
    }

    /// <summary>Takes a lock that dies with the descriptor; false if it is held and <paramref name="wait"/> is not set.</summary>
    public static bool TryLock(SafeFileHandle file, bool exclusive, bool wait)
    {
        int operation = (exclusive ? Libc.LOCK_EX : Libc.LOCK_SH) | (wait ? 0 : Libc.LOCK_NB);
        while (Libc.flock(file, operation) != 0)
        {
            int errno = Marshal.GetLastPInvokeError();
            if (errno == Errno.EAGAIN)
            {
                return false;
            }
            if (errno != Errno.EINTR)
            {
                throw new NativeException("flock", "lock file", errno);
            }
        }
        return true;
    }

    public static void Unlock(SafeFileHandle file) => Check(Libc.flock(file, Libc.LOCK_UN), "flock", "lock file");

    /// <summary>Makes everything written to this file's filesystem durable.</summary>
    public static void SyncFilesystem(SafeFileHandle file) => Check(Libc.syncfs(file), "syncfs", "store");

    public static void SetLength(SafeFileHandle file, long length) => Check(Libc.ftruncate(file, length), "ftruncate", "file");

    /// <summary>Opens a path below a directory; a link on the way is an error, one at the end is opened itself. Null if there is nothing.</summary>
    public static SafeFileHandle? TryOpenBelow(SafeFileHandle directory, string relative)
    {
        var how = new OpenHow
        {
            flags = Libc.O_PATH | Libc.O_NOFOLLOW | Libc.O_CLOEXEC,
            resolve = Libc.RESOLVE_NO_SYMLINKS | Libc.RESOLVE_BENEATH,
        };
        while (true)
        {
            nint file = Libc.openat2(Libc.SYS_openat2, directory, relative, &how, sizeof(OpenHow));
            if (file >= 0)
            {
                return new SafeFileHandle(file, ownsHandle: true);
            }
            int errno = Marshal.GetLastPInvokeError();
            if (errno is Errno.ENOENT or Errno.ENOTDIR or Errno.ELOOP)
            {
                return null;
            }
            if (errno is not (Errno.EINTR or Errno.EAGAIN))
            {
                throw new NativeException("open", relative, errno);
            }
        }
    }

    /// <summary>Writes all bytes at an offset.</summary>
    public static void WriteAll(SafeFileHandle file, ReadOnlySpan<byte> bytes, long offset)
    {
        fixed (byte* start = bytes)
        {
            for (int done = 0; done < bytes.Length;)
            {
                nint written = Libc.pwrite(file, start + done, bytes.Length - done, offset + done);
                if (written < 0 && Marshal.GetLastPInvokeError() == Errno.EINTR)
                {
                    continue;
                }
                Check(written, "write", "file");
                done += (int)written;
            }
        }
    }

    /// <summary>Reads a line that the kernel left on a mount context; 0 if there is none.</summary>
    public static int ReadMessage(SafeFileHandle context, Span<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            return (int)Math.Max(0, Libc.read(context, start, buffer.Length));
        }
    }

    public static uint TypeBits(FileKind kind) => kind switch
    {
        FileKind.Regular => Libc.S_IFREG,
        FileKind.Directory => Libc.S_IFDIR,
        FileKind.Symlink => Libc.S_IFLNK,
        FileKind.CharacterDevice => Libc.S_IFCHR,
        FileKind.BlockDevice => Libc.S_IFBLK,
        FileKind.Fifo => Libc.S_IFIFO,
        _ => Libc.S_IFSOCK,
    };

    /// <summary>Throws for a negative result of <paramref name="call"/>.</summary>
    public static void Check(nint result, string call, string subject)
    {
        if (result < 0)
        {
            throw new NativeException(call, subject, Marshal.GetLastPInvokeError());
        }
    }

    // The encoding of dev_t in glibc: the low parts where they always were, the high parts around them.
    private static ulong DeviceNumber(ulong major, ulong minor) =>
        ((major & 0xfffff000) << 32) | ((major & 0xfff) << 8) | ((minor & 0xffffff00) << 12) | (minor & 0xff);

    private static void Fill(Timespec* pair, FileTimes times)
    {
        pair[0] = Timespec.FromNanoseconds(times.AccessedNanoseconds);
        pair[1] = Timespec.FromNanoseconds(times.ModifiedNanoseconds);
    }

    private static FileStatus From(in Statx status) => new(
        (status.stx_mode & Libc.S_IFMT) switch
        {
            Libc.S_IFREG => FileKind.Regular,
            Libc.S_IFDIR => FileKind.Directory,
            Libc.S_IFLNK => FileKind.Symlink,
            Libc.S_IFCHR => FileKind.CharacterDevice,
            Libc.S_IFBLK => FileKind.BlockDevice,
            Libc.S_IFIFO => FileKind.Fifo,
            _ => FileKind.Socket,
        },
        status.stx_mode & 0xfffu, status.stx_uid, status.stx_gid, (long)status.stx_size, status.stx_rdev_major, status.stx_rdev_minor,
        Nanoseconds(status.stx_mtime), status.stx_ino, ((ulong)status.stx_dev_major << 32) | status.stx_dev_minor,
        status.stx_nlink, Nanoseconds(status.stx_ctime))
    {
        AccessedNanoseconds = Nanoseconds(status.stx_atime),
        AllocatedBytes = (long)status.stx_blocks * 512,
    };

    // Times before 1678 or after 2262 do not fit; the nearest that fits stands for them.
    private static long Nanoseconds(StatxTimestamp time) => time.tv_sec switch
    {
        > long.MaxValue / 1_000_000_000 - 1 => long.MaxValue,
        < long.MinValue / 1_000_000_000 + 1 => long.MinValue,
        _ => (time.tv_sec * 1_000_000_000) + time.tv_nsec,
    };
}
