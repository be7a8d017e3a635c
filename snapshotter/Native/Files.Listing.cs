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
}
