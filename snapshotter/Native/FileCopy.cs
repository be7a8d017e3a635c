using System.Runtime.InteropServices;
using Cairn.Snapshotter.Trees;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Snapshotter.Native;

/// <summary>Copies single files: by sharing blocks where the filesystem can, else in the kernel, else through a buffer; holes stay holes.</summary>
internal static unsafe class FileCopy
{
    private const int BufferSize = 256 * 1024;
    private const long SparseThreshold = 1 << 20;   // smaller files are not worth looking for holes

    /// <summary>Copies a regular file to a new name with all its metadata.</summary>
    public static void Copy(SafeFileHandle fromDirectory, string from, FileStatus status, SafeFileHandle toDirectory, string to) => Copy(
        fromDirectory, from, status, toDirectory, to,
        FileChange.AllOf(status));

    /// <summary>Copies a regular file and its attributes to a new name.</summary>
    public static void Copy(
        SafeFileHandle fromDirectory, string from, FileStatus status, SafeFileHandle toDirectory, string to, FileChange metadata)
    {
        using SafeFileHandle source = Files.OpenAt(fromDirectory, from, Libc.O_RDONLY | Libc.O_NOFOLLOW | Libc.O_NONBLOCK);
        using SafeFileHandle target = Files.OpenAt(
            toDirectory, to, Libc.O_WRONLY | Libc.O_CREAT | Libc.O_EXCL | Libc.O_NOFOLLOW, 0x180);
        CopyContent(source, target, status);
        CopyMetadata(source, target, metadata);
    }

    /// <summary>Gives an open file metadata, and the portable attributes of another; the times come last.</summary>
    public static void CopyMetadata(SafeFileHandle source, SafeFileHandle target, FileChange metadata)
    {
        RootedTree.Apply(target, metadata with { Times = null });
        CopyAttributes(source, target);
        RootedTree.Apply(target, new FileChange { Times = metadata.Times });
    }

    /// <summary>Copies portable attributes between open files; what the target's filesystem refuses is left out.</summary>
    public static void CopyAttributes(SafeFileHandle source, SafeFileHandle target)
    {
        foreach (string attribute in Files.AttributeNames(source))
        {
            if (TreeAttributes.IsPortable(attribute) && Files.TryAttribute(source, attribute) is { } value)
            {
                Files.TrySetAttribute(target, attribute, value);
            }
        }
    }

    /// <summary>Copies portable attributes between names; what the target's filesystem refuses is left out.</summary>
    public static void CopyAttributes(SafeFileHandle fromDirectory, string from, SafeFileHandle toDirectory, string to)
    {
        foreach ((string attribute, byte[] value) in TreeAttributes.Read(fromDirectory, from))
        {
            Files.TrySetAttribute(toDirectory, to, attribute, value);
        }
    }

    /// <summary>Copies all content into an empty file.</summary>
    public static void CopyContent(SafeFileHandle source, SafeFileHandle target, FileStatus status)
    {
        // An error of FICLONE means "not on this filesystem", and small files are not worth the try.
        if (status.Size <= 16 * 1024 || Files.TryClone(source, target) != 0)
        {
            CopyBytes(source, target, status);
        }
    }

    /// <summary>Copies all content into an empty file without offering the filesystem to share blocks at once.</summary>
    public static void CopyBytes(SafeFileHandle source, SafeFileHandle target, FileStatus status)
    {
        if (status.Size == 0)
        {
            return;
        }
        if (status.Size <= BufferSize && TryCopySmall(source, target, (int)status.Size))
        {
            return;
        }
        bool inKernel = true;
        if (status.Size >= SparseThreshold && status.AllocatedBytes < status.Size)
        {
            CopyExtents(source, target, status.Size, ref inKernel);
        }
        else
        {
            CopyRange(source, target, 0, long.MaxValue, ref inKernel);
        }
    }

    // For a small file, one read and one write are quicker than any offer to do it in the kernel. False if it has grown or shrunk.
    private static bool TryCopySmall(SafeFileHandle source, SafeFileHandle target, int size)
    {
        byte[] buffer = System.Buffers.ArrayPool<byte>.Shared.Rent(size);
        try
        {
            if (RandomAccess.Read(source, buffer.AsSpan(0, size), 0) != size)
            {
                return false;
            }
            Files.WriteAll(target, buffer.AsSpan(0, size), 0);
            return true;
        }
        finally
        {
            System.Buffers.ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static void CopyExtents(SafeFileHandle source, SafeFileHandle target, long size, ref bool inKernel)
    {
        long data;
        for (long position = 0; position < size && (data = Libc.lseek(source, position, Libc.SEEK_DATA)) >= 0;)
        {
            long hole = Libc.lseek(source, data, Libc.SEEK_HOLE);
            position = hole < 0 ? size : hole;
            CopyRange(source, target, data, position - data, ref inKernel);
        }
        Files.Check(Libc.ftruncate(target, size), "ftruncate", "copy");
    }

    private static void CopyRange(SafeFileHandle source, SafeFileHandle target, long offset, long length, ref bool inKernel)
    {
        long from = offset;
        long to = offset;
        while (inKernel && length > 0)
        {
            nint copied = Libc.copy_file_range(source, &from, target, &to, (nint)Math.Min(length, 1 << 30), 0);
            if (copied == 0)
            {
                return;
            }
            if (copied > 0)
            {
                length -= copied;
                continue;
            }
            int errno = Marshal.GetLastPInvokeError();
            if (errno == Errno.EINTR)
            {
                continue;
            }
            if (errno is not (Errno.EXDEV or Errno.EINVAL or Errno.ENOSYS or Errno.EOPNOTSUPP or Errno.EPERM))
            {
                throw new NativeException("copy_file_range", "file", errno);
            }
            inKernel = false;
        }
        byte[] buffer = System.Buffers.ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            fixed (byte* start = buffer)
            {
                while (length > 0)
                {
                    nint read = Libc.pread(source, start, (nint)Math.Min(length, buffer.Length), from);
                    Files.Check(read, "read", "file");
                    if (read == 0)
                    {
                        return;
                    }
                    Files.WriteAll(target, new ReadOnlySpan<byte>(start, (int)read), to);
                    from += read;
                    to += read;
                    length -= read;
                }
            }
        }
        finally
        {
            System.Buffers.ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
