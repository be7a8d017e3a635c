using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Snapshotter.Native;

/// <summary>This part: extended attributes. Names and values are small, so a stack buffer serves nearly always.</summary>
internal static unsafe partial class Files
{
    private const long ListByName = 465;   // SYS_listxattrat, on every architecture; headers older than Linux 6.13 do not have it

    private static volatile bool _listsByName = true;   // false once the kernel turned out to be older than the call

    /// <summary>Names of the extended attributes of a name in a directory, in byte order; none where the filesystem has no attributes.</summary>
    public static IReadOnlyList<string> AttributeNames(SafeFileHandle directory, string name)
    {
        // By name it takes half the time of the detour through /proc, and walks over whole layers ask for every file.
        if (_listsByName && name.Length > 0)
        {
            byte* small = stackalloc byte[StackBuffer];
            nint length = Libc.listxattrat(ListByName, directory, name, Libc.AT_SYMLINK_NOFOLLOW, small, StackBuffer);
            if (length >= 0)
            {
                return length == 0 ? [] : Split(new ReadOnlySpan<byte>(small, (int)length));
            }
            _listsByName = Marshal.GetLastPInvokeError() != Errno.ENOSYS;
        }
        return ListAttributes(null, Through(directory, name));
    }

    /// <summary>Names of the extended attributes of an open file (not one opened with O_PATH), in byte order.</summary>
    public static IReadOnlyList<string> AttributeNames(SafeFileHandle file) => ListAttributes(file, "descriptor");

    /// <summary>Value of an attribute, null if it is not set.</summary>
    public static byte[]? TryAttribute(SafeFileHandle directory, string name, string attribute) =>
        GetAttribute(null, Through(directory, name), attribute);

    /// <summary>Value of an attribute of an open file, null if it is not set.</summary>
    public static byte[]? TryAttribute(SafeFileHandle file, string attribute) => GetAttribute(file, "descriptor", attribute);

    /// <summary>Sets an attribute; returns the error number, 0 for success.</summary>
    public static int TrySetAttribute(SafeFileHandle directory, string name, string attribute, ReadOnlySpan<byte> value)
    {
        fixed (byte* start = value)
        {
            return Libc.lsetxattr(Through(directory, name), attribute, start, value.Length, 0) == 0
                ? 0 : Marshal.GetLastPInvokeError();
        }
    }

    /// <summary>Sets an attribute of an open file; returns the error number, 0 for success.</summary>
    public static int TrySetAttribute(SafeFileHandle file, string attribute, ReadOnlySpan<byte> value)
    {
        fixed (byte* start = value)
        {
            return Libc.fsetxattr(file, attribute, start, value.Length, 0) == 0 ? 0 : Marshal.GetLastPInvokeError();
        }
    }

    public static void SetAttribute(SafeFileHandle directory, string name, string attribute, ReadOnlySpan<byte> value)
    {
        int errno = TrySetAttribute(directory, name, attribute, value);
        if (errno != 0)
        {
            throw new NativeException("setxattr", $"{name} ({attribute})", errno);
        }
    }

    /// <summary>Removes an attribute; an absent one is fine.</summary>
    public static void RemoveAttribute(SafeFileHandle directory, string name, string attribute)
    {
        if (Libc.lremovexattr(Through(directory, name), attribute) != 0)
        {
            int errno = Marshal.GetLastPInvokeError();
            if (errno != Errno.ENODATA)
            {
                throw new NativeException("removexattr", $"{name} ({attribute})", errno);
            }
        }
    }

    /// <summary>A host path of a name in an open directory, for calls that have no <c>at</c> form. Valid while the directory is open.</summary>
    public static string Through(SafeFileHandle directory, string name)
    {
        if (ReferenceEquals(directory, Anywhere))
        {
            return name;
        }
        return string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{directory.DangerousGetHandle()}/{name}");
    }

    private static List<string> ListAttributes(SafeFileHandle? file, string path)
    {
        byte* small = stackalloc byte[StackBuffer];
        nint length = List(file, path, small, StackBuffer);
        if (length == 0 || (length < 0 && Marshal.GetLastPInvokeError() is Errno.EOPNOTSUPP))
        {
            return [];
        }
        if (length > 0)
        {
            return Split(new ReadOnlySpan<byte>(small, (int)length));
        }
        if (Marshal.GetLastPInvokeError() != Errno.ERANGE)
        {
            throw new NativeException("listxattr", path, Marshal.GetLastPInvokeError());
        }
        byte[] large = new byte[64 * 1024];   // XATTR_LIST_MAX
        fixed (byte* start = large)
        {
            length = List(file, path, start, large.Length);
            Check(length, "listxattr", path);
        }
        return Split(large.AsSpan(0, (int)length));
    }

    private static nint List(SafeFileHandle? file, string path, byte* buffer, nint size) =>
        file is null ? Libc.llistxattr(path, buffer, size) : Libc.flistxattr(file, buffer, size);

    private static List<string> Split(ReadOnlySpan<byte> list)
    {
        var names = new List<string>();
        while (!list.IsEmpty)
        {
            int end = list.IndexOf((byte)0);
            names.Add(PathText.Decode(list[..end]));
            list = list[(end + 1)..];
        }
        names.Sort(PathText.ByteOrder);
        return names;
    }

    private static byte[]? GetAttribute(SafeFileHandle? file, string path, string attribute)
    {
        byte* small = stackalloc byte[StackBuffer];
        nint length = Get(file, path, attribute, small, StackBuffer);
        if (length >= 0)
        {
            return new ReadOnlySpan<byte>(small, (int)length).ToArray();
        }
        int errno = Marshal.GetLastPInvokeError();
        if (errno is Errno.ENODATA or Errno.EOPNOTSUPP)
        {
            return null;
        }
        if (errno != Errno.ERANGE)
        {
            throw new NativeException("getxattr", $"{path} ({attribute})", errno);
        }
        byte[] large = new byte[64 * 1024];   // XATTR_SIZE_MAX
        fixed (byte* start = large)
        {
            length = Get(file, path, attribute, start, large.Length);
            Check(length, "getxattr", path);
        }
        return large[..(int)length];
    }

    private static nint Get(SafeFileHandle? file, string path, string attribute, byte* buffer, nint size) =>
        file is null ? Libc.lgetxattr(path, attribute, buffer, size) : Libc.fgetxattr(file, attribute, buffer, size);
}
