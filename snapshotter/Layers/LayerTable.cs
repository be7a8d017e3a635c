using Cairn.Llb;
using Cairn.Snapshotter.Store;
using Microsoft.Data.Sqlite;

namespace Cairn.Snapshotter.Layers;

/// <summary>Rows and directories of published layers; the same for every driver.</summary>
internal sealed class LayerTable(StoreRoot store)
{
    public LayerUsage Usage(LayerId layer) => store.Read(connection =>
    {
        using SqliteCommand select = connection.CreateCommand();
        select.CommandText = "SELECT bytes, inodes FROM layers WHERE id = $id";
        select.Parameters.AddWithValue("$id", layer.Value);
        using SqliteDataReader reader = select.ExecuteReader();
        return reader.Read() ? new LayerUsage(reader.GetInt64(0), reader.GetInt64(1)) : throw Missing(layer);
    });

    public bool Exists(LayerId layer) => Directory.Exists(ChangesDirectory(layer)) && store.Read(connection =>
    {
        using SqliteCommand select = connection.CreateCommand();
        select.CommandText = "SELECT 1 FROM layers WHERE id = $id";
        select.Parameters.AddWithValue("$id", layer.Value);
        return select.ExecuteScalar() is not null;
    });

    public string ChangesDirectory(LayerId layer) => StagedLayer.ChangesIn(StagedLayer.LayerDirectory(store, layer));

    /// <summary>Change directories of a normalised list, in its order.</summary>
    /// <exception cref="BuildException">One is missing.</exception>
    public IReadOnlyList<string> Directories(IReadOnlyList<LayerId> layers)
    {
        var directories = new string[layers.Count];
        for (int i = 0; i < layers.Count; i++)
        {
            directories[i] = ChangesDirectory(layers[i]);
            if (!Directory.Exists(directories[i]))
            {
                throw Missing(layers[i]);
            }
        }
        return directories;
    }

    public void Remove(WriteTransaction transaction, LayerId layer)
    {
        SqliteCommand delete = transaction.Command("DELETE FROM layers WHERE id = $id");
        delete.Parameters.AddWithValue("$id", layer.Value);
        delete.ExecuteNonQuery();
        transaction.Trash(StagedLayer.LayerDirectory(store, layer));
    }

    private static BuildException Missing(LayerId layer) =>
        new(ErrorKind.Internal, "use layer", layer.ToString(), "the store does not have it");
}
