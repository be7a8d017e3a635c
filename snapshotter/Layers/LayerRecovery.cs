using System.Globalization;
using Cairn.Snapshotter.Merging;
using Cairn.Snapshotter.Store;
using Microsoft.Data.Sqlite;

namespace Cairn.Snapshotter.Layers;

/// <summary>Layers after a power cut.</summary>
public static class LayerRecovery
{
    /// <summary>Whether the directory of a layer is what was published. No row proves that yet.</summary>
    internal static bool IsProven(StoreRoot store, string name) => false;

    /// <summary>Removes a layer whose directory is missing or damaged; what is left of it moves to the trash.</summary>
    public static void Remove(StoreRoot store, WriteTransaction transaction, LayerId layer)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        SqliteCommand delete = transaction.Command("DELETE FROM layers WHERE id = $id");
        delete.Parameters.AddWithValue("$id", layer.Value);
        delete.ExecuteNonQuery();
        transaction.Trash(StagedLayer.LayerDirectory(store, layer));
        FlattenedRuns.RemoveWith(transaction, store, layer);
    }

    /// <summary>Removes the rows of lost layers, and all twins: they are made without a row, and nothing says whether they are whole.</summary>
    internal static void Drop(StoreRoot store, WriteTransaction transaction, IReadOnlyCollection<StoreFile> lost)
    {
        foreach (StoreFile file in lost.Where(static file => file.Area == "layers"))
        {
            Remove(store, transaction, new LayerId(long.Parse(file.Name, CultureInfo.InvariantCulture)));
        }
        foreach (StoreFile file in lost.Where(static file => file.Area == "flattened"))
        {
            FlattenedRuns.Remove(transaction, store, long.Parse(file.Name, CultureInfo.InvariantCulture));
        }
        var twins = new List<long>();
        using (SqliteDataReader reader = transaction.Command("SELECT id FROM layers WHERE family IS NOT NULL").ExecuteReader())
        {
            while (reader.Read())
            {
                twins.Add(reader.GetInt64(0));
            }
        }
        foreach (long id in twins)
        {
            transaction.Trash(LayerTwin.DirectoryOf(store, new LayerId(id)));
        }
    }
}
