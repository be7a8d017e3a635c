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

    /// <summary>
    /// Change directories of a normalised list, in its order. Of layers with files in common, the first is taken as it is and the others by
    /// a copy of their own: else two names in the tree could be one file, and programs would see it.
    /// </summary>
    /// <exception cref="BuildException">One is missing.</exception>
    public IReadOnlyList<string> Directories(IReadOnlyList<LayerId> layers)
    {
        IReadOnlyDictionary<LayerId, long> families = layers.Count > 1 ? Families(layers) : NoFamilies;
        var seen = new HashSet<long>();
        var directories = new string[layers.Count];
        for (int i = 0; i < layers.Count; i++)
        {
            directories[i] = ChangesDirectory(layers[i]);
            if (!Directory.Exists(directories[i]))
            {
                throw Missing(layers[i]);
            }
            if (families.TryGetValue(layers[i], out long family) && !seen.Add(family))
            {
                directories[i] = LayerTwin.Ensure(store, layers[i]);
            }
        }
        return directories;
    }

    /// <summary>Families of those of the layers that have one.</summary>
    public IReadOnlyDictionary<LayerId, long> Families(IReadOnlyList<LayerId> layers) => store.Read(connection =>
    {
        using SqliteCommand select = connection.CreateCommand();
        select.CommandText =
            "SELECT layers.id, family FROM json_each($ids) JOIN layers ON layers.id = json_each.value WHERE family IS NOT NULL";
        select.Parameters.AddWithValue("$ids", "[" + string.Join(',', layers) + "]");
        using SqliteDataReader reader = select.ExecuteReader();
        Dictionary<LayerId, long>? families = null;
        while (reader.Read())
        {
            (families ??= []).Add(new LayerId(reader.GetInt64(0)), reader.GetInt64(1));
        }
        return families ?? NoFamilies;
    });

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

    public void Remove(WriteTransaction transaction, LayerId layer)
    {
        SqliteCommand delete = transaction.Command("DELETE FROM layers WHERE id = $id");
        delete.Parameters.AddWithValue("$id", layer.Value);
        delete.ExecuteNonQuery();
        transaction.Trash(StagedLayer.LayerDirectory(store, layer));
    }

    private static Dictionary<LayerId, long> NoFamilies { get; } = [];

    private static BuildException Missing(LayerId layer) =>
        new(ErrorKind.Internal, "use layer", layer.ToString(), "the store does not have it");
}
