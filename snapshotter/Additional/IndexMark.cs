using Cairn.Snapshotter.Native;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Snapshotter.Additional;

/// <summary>Tells one state of an index on disk from another, without reading more than the head of its log.</summary>
/// <param name="Database">The database.</param>
/// <param name="Log">Its write-ahead log; null while there is none or it is empty.</param>
/// <param name="Head">First bytes of the log in hexadecimal digits: two random numbers there change whenever the log begins anew.</param>
internal sealed record IndexMark(FileMark Database, FileMark? Log, string Head)
{
    public const string DatabaseName = "cairn.db";
    public const string LogName = "cairn.db-wal";
    private const int HeadBytes = 32;

    /// <summary>The state now.</summary>
    /// <exception cref="NativeException">There is no index, or it must not be read.</exception>
    public static IndexMark Read(string directory)
    {
        FileMark database = FileMark.Of(Files.Status(Files.Anywhere, Path.Combine(directory, DatabaseName)));
        string path = Path.Combine(directory, LogName);
        using SafeFileHandle? log = Files.TryOpenAt(Files.Anywhere, path, Libc.O_RDONLY, 0, out int errno);
        if (log is null)
        {
            return errno == Errno.ENOENT ? new IndexMark(database, null, "") : throw new NativeException("open", path, errno);
        }
        byte[] head = new byte[HeadBytes];
        int length = RandomAccess.Read(log, head, 0);
        return length == 0
            ? new IndexMark(database, null, "")
            : new IndexMark(database, FileMark.Of(Files.Status(log)), Convert.ToHexStringLower(head.AsSpan(0, length)));
    }

    /// <summary>
    /// A copy made between these two states, database first, is one state of the index. While the log has not begun anew, all that went from
    /// it into the database meanwhile is in the copy of the log as well; a transaction that is there in part only does not count for SQLite.
    /// </summary>
    public bool Encloses(IndexMark later) =>
        Database.Inode == later.Database.Inode && Log?.Inode == later.Log?.Inode && Head == later.Head
        && (Log is not null || Database == later.Database);
}
