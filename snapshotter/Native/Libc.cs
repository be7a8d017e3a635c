using System.Runtime.InteropServices;
using System.Runtime.InteropServices.Marshalling;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Snapshotter.Native;

/// <summary>One to one with the C library: its names, its flags, no policy. This part: files and directories.</summary>
internal static unsafe partial class Libc
{
    public const int O_RDONLY = 0;
    public const int O_WRONLY = 1;
    public const int O_RDWR = 2;
    public const int O_CREAT = 0x40;
    public const int O_EXCL = 0x80;
    public const int O_TRUNC = 0x200;
    public const int O_NONBLOCK = 0x800;
    public const int O_DIRECTORY = 0x10000;
    public const int O_NOFOLLOW = 0x20000;
    public const int O_CLOEXEC = 0x80000;
    public const int O_PATH = 0x200000;

    public const int AT_FDCWD = -100;
    public const int AT_SYMLINK_NOFOLLOW = 0x100;
    public const int AT_REMOVEDIR = 0x200;
    public const int AT_SYMLINK_FOLLOW = 0x400;
    public const int AT_NO_AUTOMOUNT = 0x800;
    public const int AT_EMPTY_PATH = 0x1000;

    public const ulong RESOLVE_NO_MAGICLINKS = 0x02;
    public const ulong RESOLVE_NO_SYMLINKS = 0x04;
    public const ulong RESOLVE_BENEATH = 0x08;
    public const ulong RESOLVE_IN_ROOT = 0x10;

    public const uint STATX_BASIC_STATS = 0x7ff;

    public const uint S_IFMT = 0xf000;
    public const uint S_IFSOCK = 0xc000;
    public const uint S_IFLNK = 0xa000;
    public const uint S_IFREG = 0x8000;
    public const uint S_IFBLK = 0x6000;
    public const uint S_IFDIR = 0x4000;
    public const uint S_IFCHR = 0x2000;
    public const uint S_IFIFO = 0x1000;

    public const byte DT_DIR = 4;

    public const long UTIME_OMIT = 0x3ffffffe;

    public const uint RENAME_NOREPLACE = 1;
    public const uint RENAME_EXCHANGE = 2;

    public const int SEEK_SET = 0;
    public const int SEEK_DATA = 3;
    public const int SEEK_HOLE = 4;

    public const int LOCK_SH = 1;
    public const int LOCK_EX = 2;
    public const int LOCK_NB = 4;
    public const int LOCK_UN = 8;

    public const ulong FICLONE = 0x40049409;

    public const long SYS_openat2 = 437;   // one number on every architecture

    [LibraryImport("libc", SetLastError = true)]
    public static partial SafeFileHandle open([MarshalUsing(typeof(PathMarshaller))] string path, int flags, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    public static partial SafeFileHandle openat(
        SafeFileHandle directory, [MarshalUsing(typeof(PathMarshaller))] string path, int flags, uint mode);

    [LibraryImport("libc", SetLastError = true, EntryPoint = "syscall")]
    public static partial nint openat2(
        long number, SafeFileHandle directory, [MarshalUsing(typeof(PathMarshaller))] string path, OpenHow* how, nint size);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int statx(
        SafeFileHandle directory, [MarshalUsing(typeof(PathMarshaller))] string path, int flags, uint mask, Statx* status);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int statx(SafeFileHandle directory, byte* path, int flags, uint mask, Statx* status);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint getdents64(SafeFileHandle directory, byte* buffer, nint size);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int mkdirat(SafeFileHandle directory, [MarshalUsing(typeof(PathMarshaller))] string path, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int mknodat(
        SafeFileHandle directory, [MarshalUsing(typeof(PathMarshaller))] string path, uint mode, ulong device);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int symlinkat(
        [MarshalUsing(typeof(PathMarshaller))] string target, SafeFileHandle directory,
        [MarshalUsing(typeof(PathMarshaller))] string path);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint readlinkat(
        SafeFileHandle directory, [MarshalUsing(typeof(PathMarshaller))] string path, byte* buffer, nint size);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int linkat(
        SafeFileHandle fromDirectory, [MarshalUsing(typeof(PathMarshaller))] string from,
        SafeFileHandle toDirectory, [MarshalUsing(typeof(PathMarshaller))] string to, int flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int unlinkat(SafeFileHandle directory, [MarshalUsing(typeof(PathMarshaller))] string path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int unlinkat(SafeFileHandle directory, byte* path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int renameat2(
        SafeFileHandle fromDirectory, [MarshalUsing(typeof(PathMarshaller))] string from,
        SafeFileHandle toDirectory, [MarshalUsing(typeof(PathMarshaller))] string to, uint flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int fchownat(
        SafeFileHandle directory, [MarshalUsing(typeof(PathMarshaller))] string path, uint uid, uint gid, int flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int fchmodat(
        SafeFileHandle directory, [MarshalUsing(typeof(PathMarshaller))] string path, uint mode, int flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int utimensat(
        SafeFileHandle directory, [MarshalUsing(typeof(PathMarshaller))] string path, Timespec* times, int flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int fchown(SafeFileHandle file, uint uid, uint gid);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int fchmod(SafeFileHandle file, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int futimens(SafeFileHandle file, Timespec* times);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int ftruncate(SafeFileHandle file, long length);

    [LibraryImport("libc", SetLastError = true)]
    public static partial long lseek(SafeFileHandle file, long offset, int whence);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint read(SafeFileHandle file, byte* buffer, nint size);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint pread(SafeFileHandle file, byte* buffer, nint size, long offset);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint write(SafeFileHandle file, byte* buffer, nint size);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint pwrite(SafeFileHandle file, byte* buffer, nint size, long offset);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint copy_file_range(
        SafeFileHandle from, long* fromOffset, SafeFileHandle to, long* toOffset, nint size, uint flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int ioctl(SafeFileHandle file, ulong request, SafeFileHandle argument);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int flock(SafeFileHandle file, int operation);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int syncfs(SafeFileHandle file);

    [LibraryImport("libc")]
    public static partial uint geteuid();
}
