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
            directories[i] = TryChangesDirectory(layers[i]) ?? throw Missing(layers[i]);
            if (families.TryGetValue(layers[i], out long family) && !seen.Add(family))
            {
                directories[i] = LayerTwin.Ensure(store, layers[i], directories[i]);
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

    // The layer's own directory, wherever it lies; null if it lies in an additional store that is not there.
    private string? SourceDirectory(LayerId layer) =>
        layer.IsAdditional ? store.Additional.TryLayerDirectory(layer) : StagedLayer.LayerDirectory(store, layer);

    private BuildException Missing(LayerId layer) => layer.IsAdditional
        ? store.Additional.Missing(layer)
        : new BuildException(ErrorKind.Internal, "use layer", layer.ToString(), "the store does not have it");
}
