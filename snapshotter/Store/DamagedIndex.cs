using System.Globalization;
using Cairn.Llb;
using Cairn.Snapshotter.Native;
using Microsoft.Data.Sqlite;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Snapshotter.Store;

/// <summary>A database that SQLite cannot read any more. It is put aside; the files that it named have no name then, and go.</summary>
public static class DamagedIndex
{
    private static readonly string[] Parts = ["cairn.db", "cairn.db-wal", "cairn.db-shm"];

    /// <summary>What is wrong with the database of a store that may be open elsewhere; null for a good one, and where there is none.</summary>
    /// <param name="root">Directory of the store.</param>
    public static string? Find(string root)
    {
        string path = Path.Combine(root, Parts[0]);
        if (!File.Exists(path))
        {
            return null;
        }
        try
        {
            using var connection = new SqliteConnection(
                new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadWrite, Pooling = false }.ToString());
            connection.Open();
            SQLitePCL.raw.sqlite3_db_config(connection.Handle, SQLitePCL.raw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, out _);
            using SqliteCommand check = connection.CreateCommand();
            check.CommandText = "PRAGMA integrity_check(1)";
            string told = (string)check.ExecuteScalar()!;
            return told == "ok" ? null : told;
        }
        catch (SqliteException e) when (e.SqliteErrorCode is SQLitePCL.raw.SQLITE_CORRUPT or SQLitePCL.raw.SQLITE_NOTADB)
        {
            return SQLitePCL.raw.sqlite3_errstr(e.SqliteErrorCode).utf8_to_string();
        }
    }

    /// <summary>Moves the database aside; whoever opens the store next makes a new one.</summary>
    /// <param name="root">Directory of the store.</param>
    /// <returns>The directory that has it now.</returns>
    /// <exception cref="BuildException">A process has the store open.</exception>
    public static string PutAside(string root)
    {
        using SafeFileHandle turn = Files.Open(Path.Combine(root, "lock"), Libc.O_RDWR | Libc.O_CREAT, 0x180);   // 0600
        Files.TryLock(turn, exclusive: true, wait: true);   // whoever opens the store takes it first
        string instances = Path.Combine(root, "instances");
        string? alive = Directory.Exists(instances)
            ? Directory.GetFiles(instances).Select(static path => Path.GetFileName(path)).FirstOrDefault(id => StoreInstance.IsAlive(instances, id))
            : null;
        if (alive is not null)
        {
            throw new BuildException(
                ErrorKind.Environment, "put the index aside", root, $"instance {alive} has the store open", "Try again when all builds have ended.");
        }
        string aside = Path.Combine(root, "damaged");
        Directory.CreateDirectory(aside);
        int number = 1;
        while (!Files.TryMakeDirectory(Files.Anywhere, Path.Combine(aside, number.ToString(CultureInfo.InvariantCulture)), 0x1c0))
        {
            number++;
        }
        aside = Path.Combine(aside, number.ToString(CultureInfo.InvariantCulture));
        // The log first: without its database it is nothing, but a new database must never meet it.
        foreach (string name in Parts.Reverse().Where(name => File.Exists(Path.Combine(root, name))))
        {
            File.Move(Path.Combine(root, name), Path.Combine(aside, name));
        }
        return aside;
    }
}
