using System.Globalization;
using Cairn.Snapshotter.Store;
using Microsoft.Data.Sqlite;

namespace Cairn.Snapshotter.Layers;

/// <summary>Layers after a power cut.</summary>
internal static class LayerRecovery
{
    /// <summary>Whether the directory of a layer is what was published. No row proves that yet.</summary>
    public static bool IsProven(StoreRoot store, string name) => false;

    /// <summary>Removes the rows of lost layers, and all twins: they are made without a row, and nothing says whether they are whole.</summary>
    public static void Drop(StoreRoot store, WriteTransaction transaction, IReadOnlyCollection<StoreFile> lost)
    {
        foreach (StoreFile file in lost.Where(static file => file.Area == "layers"))
        {
            SqliteCommand delete = transaction.Command("DELETE FROM layers WHERE id = $id");
            delete.Parameters.AddWithValue("$id", long.Parse(file.Name, CultureInfo.InvariantCulture));
            delete.ExecuteNonQuery();
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
