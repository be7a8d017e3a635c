using System.Diagnostics;
using Cairn.Llb;
using Cairn.Snapshotter.Merging;
using Cairn.Snapshotter.Native;
using Cairn.Snapshotter.Store;
using Microsoft.Data.Sqlite;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Snapshotter.Layers;

/// <summary>Rows and directories of published layers; the same for every driver.</summary>
internal sealed class LayerTable(StoreRoot store)
{
    private readonly LayerPins _pins = new(store.Additional);

    public LayerUsage Usage(LayerId layer) => store.Read(connection =>
    {
        using SqliteCommand select = connection.CreateCommand();
        select.CommandText = "SELECT bytes, inodes FROM layers WHERE id = $id";
        select.Parameters.AddWithValue("$id", layer.Value);
        using SqliteDataReader reader = select.ExecuteReader();
        return reader.Read() ? new LayerUsage(reader.GetInt64(0), reader.GetInt64(1)) : throw Missing(layer);
    });

    public bool Exists(LayerId layer) => TryChangesDirectory(layer) is not null && store.Read(connection =>
    {
        using SqliteCommand select = connection.CreateCommand();
        select.CommandText = "SELECT 1 FROM layers WHERE id = $id";
        select.Parameters.AddWithValue("$id", layer.Value);
        return select.ExecuteScalar() is not null;
    });

    /// <exception cref="BuildException">It lies in an additional store that is not there or does not have it.</exception>
    public string ChangesDirectory(LayerId layer) => StagedLayer.ChangesIn(SourceDirectory(layer) ?? throw Missing(layer));

    /// <summary>Null if the directory is not there.</summary>
    public string? TryChangesDirectory(LayerId layer) =>
        SourceDirectory(layer) is { } directory && StagedLayer.ChangesIn(directory) is var changes && Directory.Exists(changes) ? changes : null;

    /// <summary>Keeps the layers of a normalised list, and says where their files are.</summary>
    /// <exception cref="BuildException">One is missing.</exception>
    public UsedLayers Use(IReadOnlyList<LayerId> layers)
    {
        if (_pins.Acquire(layers, layer => StagedLayer.LayerDirectory(store, layer)) is { } absent)
        {
            throw Missing(absent);
        }
        try
        {
            // Read under the locks: whoever removed one of them before we had its lock has committed by now.
            return new UsedLayers(_pins, layers, Directories(layers, Families(layers)));
        }
        catch
        {
            _pins.Release(layers);
            throw;
        }
    }

    private string[] Directories(IReadOnlyList<LayerId> layers, IReadOnlyDictionary<LayerId, long?> families)
    {
        HashSet<long>? seen = null;
        var directories = new string[layers.Count];
        for (int i = 0; i < layers.Count; i++)
        {
            if (!families.TryGetValue(layers[i], out long? family))
            {
                throw Missing(layers[i]);
            }
            directories[i] = family is { } shared && !(seen ??= []).Add(shared)
                ? LayerTwin.Ensure(store, layers[i], ChangesDirectory(layers[i]))
                : ChangesDirectory(layers[i]);
        }
        return directories;
    }

    /// <summary>Families of those of the layers that exist; null for one that has all its inodes for itself.</summary>
    public IReadOnlyDictionary<LayerId, long?> Families(IReadOnlyList<LayerId> layers)
    {
        var rows = new Dictionary<LayerId, long?>(layers.Count);
        if (layers.Count == 0)
        {
            return rows;
        }
        return store.Read(connection =>
        {
            using SqliteCommand select = connection.CreateCommand();
            select.CommandText = "SELECT layers.id, family, marks FROM json_each($ids) JOIN layers ON layers.id = json_each.value";
            select.Parameters.AddWithValue("$ids", "[" + string.Join(',', layers) + "]");
            using SqliteDataReader reader = select.ExecuteReader();
            while (reader.Read())
            {
                var layer = new LayerId(reader.GetInt64(0));
                OverlayMarks.CheckNamespace(layer, reader.GetString(2));
                rows.Add(layer, reader.IsDBNull(1) ? null : reader.GetInt64(1));
            }
            return rows;
        });
    }

    /// <summary>Puts a new layer into one family with the layers that it has files in common with.</summary>
    public static void JoinFamily(WriteTransaction transaction, LayerId layer, IReadOnlyCollection<LayerId> others)
    {
        if (others.Count == 0)
        {
            return;
        }
        // A family is named by its oldest member; families that meet become one.
        SqliteCommand join = transaction.Command(
            """
            UPDATE layers SET family = (
                SELECT min(coalesce(family, id)) FROM layers WHERE id IN (SELECT value FROM json_each($all)))
            WHERE id IN (SELECT value FROM json_each($all))
                OR family IN (SELECT family FROM layers WHERE id IN (SELECT value FROM json_each($all)))
            """);
        join.Parameters.AddWithValue("$all", "[" + string.Join(',', others.Append(layer)) + "]");
        join.ExecuteNonQuery();
    }

    /// <inheritdoc cref="ISnapshotter.Remove"/>
    public bool Remove(WriteTransaction transaction, LayerId layer, bool force)
    {
        transaction.EnsureOf(store);
        if (!force)
        {
            EnsureUnused(transaction, layer);
        }
        SqliteCommand delete = transaction.Command("DELETE FROM layers WHERE id = $id");
        delete.Parameters.AddWithValue("$id", layer.Value);
        bool removed = delete.ExecuteNonQuery() == 1;
        transaction.Trash(StagedLayer.LayerDirectory(store, layer));
        FlattenedRuns.RemoveWith(transaction, store, layer);
        return removed;
    }

    // Whoever comes later waits until the turn has ended, and then reads what became of the row.
    private void EnsureUnused(WriteTransaction transaction, LayerId layer)
    {
        SafeFileHandle? directory = Files.TryOpenAt(
            Files.Anywhere, StagedLayer.LayerDirectory(store, layer), Libc.O_RDONLY | Libc.O_DIRECTORY, 0, out int errno);
        if (directory is null)
        {
            if (errno != Errno.ENOENT)
            {
                throw new NativeException("open", layer.ToString(), errno);
            }
            return;
        }
        transaction.HoldUntilEnd(directory);
        if (!Files.TryLock(directory, exclusive: true, wait: false))
        {
            throw new BuildException(
                ErrorKind.Environment, "remove layer", layer.ToString(), "it is in use by " + Holders(directory),
                "Try again when that has ended.");
        }
        Failpoints.Hit("remove.locked");
    }

    private static string Holders(SafeFileHandle directory)
    {
        IReadOnlyList<int> holders = LockHolders.Of(Files.Status(directory));
        return holders.Count == 0 ? "another process" : string.Join(" and ", holders.Select(NameOf));
    }

    private static string NameOf(int process)
    {
        try
        {
            using var named = Process.GetProcessById(process);
            return $"process {process} ({named.ProcessName})";
        }
        catch (ArgumentException)   // it has just ended
        {
            return $"process {process}";
        }
    }

    // The layer's own directory, wherever it lies; null if it lies in an additional store that is not there.
    private string? SourceDirectory(LayerId layer) =>
        layer.IsAdditional ? store.Additional.TryLayerDirectory(layer) : StagedLayer.LayerDirectory(store, layer);

    private BuildException Missing(LayerId layer) => layer.IsAdditional
        ? store.Additional.Missing(layer)
        : new BuildException(ErrorKind.Internal, "use layer", layer.ToString(), "the store does not have it");
}
