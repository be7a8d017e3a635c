using Cairn.Snapshotter.Native;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Snapshotter.Store;

/// <summary>
/// The first opening of a store after a boot. Rows that are not sealed may stand on files that the last power cut has taken: each such file
/// is proven, or goes with every row that depends on it. One process does it; the others wait for a lock until it is done.
/// </summary>
internal sealed class Recovery(
    StoreRoot store, IReadOnlyList<StoreSchema> schemas, StoreIndex index, Reclamation reclamation, Flusher flusher, ILogger logger)
{
    private const int MaxNamed = 20;   // in the log

    /// <summary>Does it unless it was done in this boot.</summary>
    /// <returns>Files that were lost or could not be proven.</returns>
    public IReadOnlyList<StoreFile> Run()
    {
        if (IsDone())
        {
            return [];
        }
        using SafeFileHandle turn = Files.Open(Path.Combine(store.Root, "recovery"), Libc.O_RDWR | Libc.O_CREAT, 0x180);   // 0600
        Files.TryLock(turn, exclusive: true, wait: true);
        if (IsDone())
        {
            return [];
        }
        IReadOnlyList<StoreFile> lost = index.Sequence == 0 ? [] : Restore();
        store.Write(transaction =>
        {
            SqliteCommand note = transaction.Command("UPDATE store SET boot = $boot");
            note.Parameters.AddWithValue("$boot", transaction.BootId);
            note.ExecuteNonQuery();
        });
        return lost;
    }

    private bool IsDone() => store.Read(connection =>
    {
        using SqliteCommand select = connection.CreateCommand();
        select.CommandText = "SELECT boot FROM store";
        return (string)select.ExecuteScalar()! == index.BootId;
    });

    private List<StoreFile> Restore()
    {
        reclamation.Sweep();
        List<StoreFile> lost = [.. schemas.SelectMany(static schema => schema.Areas).SelectMany(Lost)];
        store.Write(transaction =>
        {
            foreach (StoreSchema schema in schemas)
            {
                schema.Drop?.Invoke(store, transaction, lost);
            }
            foreach (StoreFile file in lost)
            {
                transaction.Trash(Path.Combine(store.Root, file.Area, file.Name));
            }
        });
        if (lost.Count > 0)
        {
            logger.FilesLost(lost.Count, string.Join(", ", lost.Take(MaxNamed).Select(static file => $"{file.Area}/{file.Name}")));
        }
        // What is left was read from the disk, or sealed before.
        flusher.Seal(index.Sequence);
        return lost;
    }

    private IEnumerable<StoreFile> Lost(StoreArea area)
    {
        string directory = Path.Combine(store.Root, area.Directory);
        HashSet<string> present = Directory.Exists(directory)
            ? Directory.GetFileSystemEntries(directory).Select(static path => Path.GetFileName(path)).ToHashSet(StringComparer.Ordinal)
            : [];
        long promised = index.SealedSequence;
        return Rows(area)
            .AsParallel().AsOrdered()
            .Where(row => !present.Contains(row.Name) || (row.Sequence > promised && !area.IsProven(store, row.Name)))
            .Select(row => new StoreFile(area.Directory, row.Name));
    }

    private List<(string Name, long Sequence)> Rows(StoreArea area) => store.Read(connection =>
    {
        using SqliteCommand select = connection.CreateCommand();
#pragma warning disable CA2100 // A constant of the room.
        select.CommandText = $"SELECT name, sequence FROM ({area.Rows}) ORDER BY name";
#pragma warning restore CA2100
        using SqliteDataReader reader = select.ExecuteReader();
        var rows = new List<(string Name, long Sequence)>();
        while (reader.Read())
        {
            rows.Add((reader.GetString(0), reader.GetInt64(1)));
        }
        return rows;
    });
}
