using Cairn.Snapshotter.Native;
using Microsoft.Data.Sqlite;

namespace Cairn.Snapshotter.Store;

/// <summary>This part: rows and the files that they name, compared.</summary>
public sealed partial class StoreRoot
{
    private IReadOnlyList<StoreArea> _areas = [];   // set before anybody has the store

    /// <summary>Names of rows whose entry is absent, of all areas.</summary>
    public IReadOnlyList<StoreFile> MissingFiles() => Write(transaction => _areas.SelectMany(area =>
        Rows(transaction, area).Except(Entries(area), StringComparer.Ordinal).Order(StringComparer.Ordinal)
            .Select(name => new StoreFile(area.Directory, name))).ToArray());

    /// <summary>
    /// Entries that no row names. Nobody publishes while this looks, and it takes the write turn only where something looks like that.
    /// </summary>
    public IReadOnlyList<StoreFile> NamelessFiles()
    {
        IReadOnlyList<StoreFile> suspects =
            [.. _areas.SelectMany(area => Entries(area).Except(Read(connection => Rows(connection, area)), StringComparer.Ordinal)
                .Select(name => new StoreFile(area.Directory, name)))];
        return suspects.Count == 0 ? [] : Write(transaction => StillNameless(transaction, suspects));
    }

    /// <summary>Moves entries to the trash if no row names them.</summary>
    public IReadOnlyList<StoreFile> RemoveNameless(IReadOnlyList<StoreFile> files) => Write(transaction =>
    {
        StoreFile[] nameless = StillNameless(transaction, files);
        foreach (StoreFile file in nameless)
        {
            transaction.Trash(Path.Combine(Root, file.Area, file.Name));
        }
        return nameless;
    });

    private static HashSet<string> Rows(WriteTransaction transaction, StoreArea area)
    {
        using SqliteDataReader reader = transaction.Command(Query(area)).ExecuteReader();
        return Names(reader);
    }

    private static HashSet<string> Rows(SqliteConnection connection, StoreArea area)
    {
        using SqliteCommand select = connection.CreateCommand();
#pragma warning disable CA2100 // A constant of the room.
        select.CommandText = Query(area);
#pragma warning restore CA2100
        using SqliteDataReader reader = select.ExecuteReader();
        return Names(reader);
    }

    private static string Query(StoreArea area) => $"SELECT name FROM ({area.Rows})";

    private static HashSet<string> Names(SqliteDataReader reader)
    {
        HashSet<string> names = new(StringComparer.Ordinal);
        while (reader.Read())
        {
            names.Add(reader.GetString(0));
        }
        return names;
    }

    private StoreFile[] StillNameless(WriteTransaction transaction, IReadOnlyList<StoreFile> files) =>
        [.. _areas.SelectMany(area => files.Where(file => file.Area == area.Directory).Select(file => file.Name)
            .Except(Rows(transaction, area), StringComparer.Ordinal).Where(name => Path.Exists(Path.Combine(Root, area.Directory, name)))
            .Order(StringComparer.Ordinal).Select(name => new StoreFile(area.Directory, name)))];

    private List<string> Entries(StoreArea area)
    {
        using var directory = Files.TryOpenAt(
            Files.Anywhere, Path.Combine(Root, area.Directory), Libc.O_RDONLY | Libc.O_DIRECTORY, 0, out int errno);
        return directory is null
            ? errno == Errno.ENOENT ? [] : throw new NativeException("open", area.Directory, errno)
            : Files.Names(directory).FindAll(static name => !name.StartsWith('.'));   // those belong to somebody else
    }
}
