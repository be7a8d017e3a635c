using System.Runtime.InteropServices;
using Cairn.Llb;

namespace Cairn.Snapshotter.Native;

/// <summary>A system call failed; <see cref="Errno"/> says how.</summary>
public sealed class NativeException : BuildException
{
    /// <summary>Describes a failed call.</summary>
    /// <param name="call">Name of the C function.</param>
    /// <param name="subject">Path or other object it was applied to.</param>
    /// <param name="errno">Error number, as in <c>errno.h</c>.</param>
    /// <param name="kind">Who can act; the machine's owner unless the path came from the build.</param>
    public NativeException(string call, string subject, int errno, ErrorKind kind = ErrorKind.Environment)
        : this(call, subject, errno, kind, Text(errno), errno is Native.Errno.ENOSPC or Native.Errno.EDQUOT ? "Free some space, or run 'cairn prune'." : null)
    {
    }

    private NativeException(string call, string subject, int errno, ErrorKind kind, string reason, string? remedy)
        : base(kind, call, subject, reason, remedy, null)
    {
        Call = call;
        Errno = errno;
    }

    /// <summary>Name of the C function.</summary>
    public string Call { get; }

    /// <summary>Error number, as in <c>errno.h</c>.</summary>
    public int Errno { get; }

    /// <summary>
    /// The same failure, said of the path that the caller knows. What is wrong with a path is the build's matter; that a tree cannot be written
    /// to is no matter of the disk.
    /// </summary>
    internal NativeException At(string path) => Errno == Native.Errno.EROFS
        ? new NativeException(
            Call, path, Errno, Kind, $"the store is read-only here: this is a layer or a view of one ({Text(Errno)})",
            "Write to a snapshot on top of it.")
        : new NativeException(
            Call, path, Errno,
            Errno is Native.Errno.ENOENT or Native.Errno.ENOTDIR or Native.Errno.EEXIST or Native.Errno.EISDIR or Native.Errno.ELOOP
                or Native.Errno.ENAMETOOLONG or Native.Errno.ENOTEMPTY or Native.Errno.EINVAL
                ? ErrorKind.Input : Kind);

    // The C library's own spelling ("No such file or directory") in the lower case that users of container tools know.
    internal static string Text(int errno)
    {
        string text = Marshal.GetPInvokeErrorMessage(errno);
        return text.Length > 1 && char.IsLower(text[1]) ? char.ToLowerInvariant(text[0]) + text[1..] : text;
    }
}
