using Cairn.Llb;
using Cairn.Snapshotter.Native;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Snapshotter.Additional;

/// <summary>
/// Copies the index of a store that somebody else may be writing to. SQLite would write beside the original just to read it: its shared
/// memory and its locks.
/// </summary>
internal static class IndexCopy
{
    private const int MostAttempts = 20;

    /// <summary>Copies database and log.</summary>
    /// <param name="from">Root of the store.</param>
    /// <param name="to">Existing empty directory.</param>
    /// <returns>The state that was copied, or an earlier one.</returns>
    /// <exception cref="BuildException">The index cannot be read, or began anew during each attempt.</exception>
    public static IndexMark Take(string from, string to)
    {
        for (int attempt = 0; attempt < MostAttempts; attempt++)
        {
            IndexMark before = IndexMark.Read(from);
            Copy(Path.Combine(from, IndexMark.DatabaseName), Path.Combine(to, IndexMark.DatabaseName));
            string log = Path.Combine(to, IndexMark.LogName);
            if (before.Log is null)
            {
                File.Delete(log);   // of the attempt before
            }
            else if (!TryCopy(Path.Combine(from, IndexMark.LogName), log))
            {
                continue;
            }
            if (before.Encloses(IndexMark.Read(from)))
            {
                return before;
            }
        }
        throw new BuildException(ErrorKind.Environment, "copy index", from, "it changes faster than it can be copied");
    }

    private static void Copy(string from, string to)
    {
        if (!TryCopy(from, to))
        {
            throw new NativeException("open", from, Errno.ENOENT);
        }
    }

    private static bool TryCopy(string from, string to)
    {
        using SafeFileHandle? source = Files.TryOpenAt(Files.Anywhere, from, Libc.O_RDONLY, 0, out int errno);
        if (source is null)
        {
            return errno == Errno.ENOENT ? false : throw new NativeException("open", from, errno);
        }
        File.Delete(to);
        using SafeFileHandle target = Files.Open(to, Libc.O_WRONLY | Libc.O_CREAT | Libc.O_EXCL, 0x180);   // 0600
        FileCopy.CopyContent(source, target, Files.Status(source));
        return true;
    }
}
