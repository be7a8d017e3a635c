using System.Buffers;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Snapshotter.Native;

/// <summary>This part: directory listings.</summary>
internal static unsafe partial class Files
{
    private const int ListingBuffer = 32 * 1024;
    private const int NameOffset = 19;   // d_name in struct linux_dirent64, after d_ino, d_off, d_reclen and d_type

    /// <summary>Names in a directory in byte order, without <c>.</c> and <c>..</c>. Reads from the start, so one descriptor serves once.</summary>
    public static List<string> Names(SafeFileHandle directory)
    {
        var names = new List<string>();
        byte[] buffer = ArrayPool<byte>.Shared.Rent(ListingBuffer);
        try
        {
            fixed (byte* start = buffer)
            {
                nint length;
                while ((length = Libc.getdents64(directory, start, buffer.Length)) > 0)
                {
                    for (byte* entry = start; entry < start + length; entry += *(ushort*)(entry + 16))
                    {
                        ReadOnlySpan<byte> name = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(entry + NameOffset);
                        if (!name.SequenceEqual("."u8) && !name.SequenceEqual(".."u8))
                        {
                            names.Add(PathText.Decode(name));
                        }
                    }
                }
                Check(length, "getdents64", "directory");
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
        names.Sort(PathText.ByteOrder);
        return names;
    }

    /// <summary>Removes everything in a directory.</summary>
    public static void RemoveContents(SafeFileHandle directory, CancellationToken cancellationToken)
    {
        foreach (string name in Names(directory))
        {
            cancellationToken.ThrowIfCancellationRequested();
            RemoveTree(directory, name, cancellationToken);
        }
    }

    /// <summary>Removes a name with everything below it; an absent name is fine. Never follows a link and never leaves the filesystem.</summary>
    public static void RemoveTree(SafeFileHandle directory, string name, CancellationToken cancellationToken)
    {
        if (Libc.unlinkat(directory, name, 0) == 0)
        {
            return;
        }
        int errno = Marshal.GetLastPInvokeError();
        if (errno == Errno.ENOENT)
        {
            return;
        }
        if (errno is not (Errno.EISDIR or Errno.EPERM))   // POSIX says EPERM for a directory, Linux EISDIR
        {
            throw new NativeException("unlink", name, errno);
        }
        using (SafeFileHandle child = OpenAt(directory, name, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW))
        {
            RemoveContents(child, cancellationToken);
        }
        RemoveDirectory(directory, name);
    }

    /// <summary>Removes a tree of the host by its absolute path; an absent one is fine.</summary>
    public static void RemoveTree(string path, CancellationToken cancellationToken) => RemoveTree(Anywhere, path, cancellationToken);
}
