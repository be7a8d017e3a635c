using System.Buffers;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Snapshotter.Native;

/// <summary>This part: directory listings with the kinds of the entries.</summary>
internal static unsafe partial class Files
{
    private const int TypeOffset = 18;   // d_type in struct linux_dirent64

    /// <summary>
    /// Names in a directory as the filesystem lists them, without <c>.</c> and <c>..</c>, with their <c>DT_</c> constant; 0 where the
    /// filesystem does not tell. Reads from the start, so one descriptor serves once.
    /// </summary>
    public static List<(string Name, byte Type)> Entries(SafeFileHandle directory)
    {
        var entries = new List<(string Name, byte Type)>();
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
                            entries.Add((PathText.Decode(name), entry[TypeOffset]));
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
        return entries;
    }

    /// <summary>Makes an empty file share all blocks of another; returns the error number, 0 for success.</summary>
    public static int TryClone(SafeFileHandle source, SafeFileHandle target) =>
        Libc.ioctl(target, Libc.FICLONE, source) == 0 ? 0 : Marshal.GetLastPInvokeError();
}
