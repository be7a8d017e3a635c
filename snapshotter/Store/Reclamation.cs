using Cairn.Llb;
using Cairn.Snapshotter.Native;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Snapshotter.Store;

/// <summary>
/// Takes back what instances left whose process is gone: containers, mounts, run directories, staging and trash, and what they had renamed
/// in a write turn that never ended. Costs one listing of the instances while all live. Large directories are only renamed here.
/// </summary>
internal sealed class Reclamation(
    StoreOptions options, IReadOnlyList<StoreArea> areas, string runStore, StoreInstance own, StoreIndex index, TrashBin trash, ILogger logger)
{
    private const int MaxRenamesInTurn = 100;

    private readonly string _instances = Path.Combine(options.Root, "instances");

    /// <summary>Reclaims every dead instance; returns their ids.</summary>
    public IReadOnlyList<string> Run()
    {
        var dead = new List<string>();
        foreach (string path in Directory.GetFiles(_instances))
        {
            string id = Path.GetFileName(path);
            if (id == own.Id || IsReserved(id) || StoreInstance.TryTakeDead(_instances, id) is not { } held)
            {
                continue;
            }
            using (held)   // holding the lock keeps others from doing the same
            {
                if (TryReclaim(id, RunDirectory(held, id)))
                {
                    File.Delete(path);
                    dead.Add(id);
                }
            }
        }
        if (dead.Count > 0)
        {
            DiscardOrphans();
        }
        dead.Sort(StringComparer.Ordinal);
        return dead;
    }

    /// <summary>Takes what belongs to no instance at all: after a power cut the lock file can be gone and the rest be there.</summary>
    public void Sweep()
    {
        var known = Directory.GetFiles(_instances).Select(static path => Path.GetFileName(path)).ToHashSet(StringComparer.Ordinal);
        foreach (string area in (string[])["staging", "trash"])
        {
            foreach (string id in Directory.GetFileSystemEntries(Path.Combine(options.Root, area))
                .Select(static path => Path.GetFileName(path).Split('-')[0]).Distinct(StringComparer.Ordinal))
            {
                if (!IsReserved(id) && !known.Contains(id) && !File.Exists(Path.Combine(_instances, id)))
                {
                    TakeOver(id);
                }
            }
        }
        DiscardOrphans();
    }

    // Entries whose name begins with a dot belong to somebody else, such as a newer program.
    private static bool IsReserved(string name) => name.StartsWith('.');

    private bool TryReclaim(string id, string? runDirectory)
    {
        logger.InstanceReclaimed(id);
        try
        {
            if (runDirectory is not null)
            {
                options.OnDeadInstance?.Invoke(new DeadInstance(id, runDirectory));
                if (Directory.Exists(runDirectory))
                {
                    MountTable.UnmountBelow(runDirectory);
                    foreach (string point in RunDirectories.Remove(runDirectory))
                    {
                        logger.MountPointNotEmpty(point);
                    }
                }
            }
            return TakeOver(id);
        }
        catch (Exception e) when (e is BuildException or IOException or UnauthorizedAccessException)
        {
            logger.InstanceNotReclaimed(id, e);   // its lock file stays, so the next pass tries again
            return false;
        }
    }

    private bool TakeOver(string id)
    {
        foreach (string path in Directory.GetFileSystemEntries(Path.Combine(options.Root, "staging"), id + "-*"))
        {
            trash.Discard(path);
        }
        var rows = new List<(string Path, StoreArea Area, string Name)>();
        bool complete = true;
        foreach (string path in Directory.GetFileSystemEntries(Path.Combine(options.Root, "trash"), id + "-*"))
        {
            if (TrashName.TryParse(Path.GetFileName(path))?.Origin is not { } origin)
            {
                trash.Discard(path);
            }
            else if (areas.FirstOrDefault(area => area.Directory == origin.Area) is { } area)
            {
                rows.Add((path, area, origin.Name));
            }
            else
            {
                complete = false;   // of a room that this process has not opened
            }
        }
        foreach ((string Path, StoreArea Area, string Name)[] batch in rows.Chunk(MaxRenamesInTurn))
        {
            index.Write(
                transaction =>
                {
                    foreach ((string path, StoreArea area, string name) in batch)
                    {
                        PutBackOrTake(transaction, path, area, name);
                    }
                    return true;
                },
                trash);
        }
        return complete;
    }

    // Killed between rename and commit: the row is still there and wants its files back. Else the files wait until it is durably gone.
    private void PutBackOrTake(WriteTransaction transaction, string path, StoreArea area, string name)
    {
        string place = Path.Combine(options.Root, area.Directory, name);
        if (!Path.Exists(path) || (HasRow(transaction, area, name) && Files.TryRename(path, place)))
        {
            return;
        }
        string target = trash.NextPath(place);
        Files.TryRename(path, target);
        transaction.OnCommitted(() => trash.Delete(target, transaction.Sequence));
    }

    // A process killed between the rename that publishes and the commit leaves an entry without a row.
    private void DiscardOrphans()
    {
        foreach (StoreArea area in areas)
        {
            string directory = Path.Combine(options.Root, area.Directory);
            if (!Directory.Exists(directory))
            {
                continue;
            }
            List<string> entries =
                [.. Directory.GetFileSystemEntries(directory).Select(static path => Path.GetFileName(path)).Where(static name => !IsReserved(name))];
            HashSet<string> named = index.Read(connection => Names(connection, area));   // read after the listing: a row comes after its entry
            foreach (string[] batch in entries.Where(name => !named.Contains(name)).Chunk(MaxRenamesInTurn))
            {
                index.Write(
                    transaction =>
                    {
                        foreach (string name in batch.Where(name => !HasRow(transaction, area, name)))
                        {
                            transaction.Trash(Path.Combine(directory, name));
                        }
                        return true;
                    },
                    trash);
            }
        }
    }

    private static HashSet<string> Names(SqliteConnection connection, StoreArea area)
    {
        using SqliteCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // A constant of the room.
        command.CommandText = $"SELECT name FROM ({area.Rows})";
#pragma warning restore CA2100
        using SqliteDataReader reader = command.ExecuteReader();
        var names = new HashSet<string>(StringComparer.Ordinal);
        while (reader.Read())
        {
            names.Add(reader.GetString(0));
        }
        return names;
    }

    private static bool HasRow(WriteTransaction transaction, StoreArea area, string name)
    {
        SqliteCommand command = transaction.Command($"SELECT 1 FROM ({area.Rows}) WHERE name = $name");
        command.Parameters.AddWithValue("$name", name);
        return command.ExecuteScalar() is not null;
    }

    // A run directory elsewhere than ours belongs to an opener with another RunRoot; the lock file says where. Null if the file was copied
    // with the whole store: that directory is the original's.
    private string? RunDirectory(SafeFileHandle lockFile, string id)
    {
        byte[] content = new byte[4096];
        string[] noted = PathText.Decode(content.AsSpan(0, RandomAccess.Read(lockFile, content, 0))).Split('\n');
        if (noted.Length > 1 && noted[1] != Files.Birth(lockFile))
        {
            return null;
        }
        return noted[0].EndsWith("/" + id, StringComparison.Ordinal) && Path.IsPathFullyQualified(noted[0])
            ? noted[0] : Path.Combine(runStore, id);
    }
}
