using Blake3;
using Cairn.Snapshotter.Layers;
using Microsoft.Data.Sqlite;

namespace Cairn.Snapshotter.Additional;

/// <summary>What this store knows of a layer that lies in another one.</summary>
/// <param name="Store">Id of the other store.</param>
/// <param name="Original">The layer's id there.</param>
/// <param name="Usage">What it takes there.</param>
/// <param name="Manifest">Hash of its manifest; null while that is not known.</param>
/// <param name="Marks">Namespace of its overlay marks.</param>
internal sealed record LayerOrigin(string Store, LayerId Original, LayerUsage Usage, Hash? Manifest, string Marks)
{
    /// <summary>From the columns store, original, bytes, inodes, manifest, marks of a row of a layer that lies in another store.</summary>
    public static LayerOrigin Read(SqliteDataReader row) => Read(row, row.GetString(0), new LayerId(row.GetInt64(1)));

    /// <summary>From the same columns of a row of the store itself.</summary>
    public static LayerOrigin Read(SqliteDataReader row, string store, LayerId original) => new(
        store, original, new LayerUsage(row.GetInt64(2), row.GetInt64(3)),
        row.IsDBNull(4) ? null : Hash.FromBytes(row.GetFieldValue<byte[]>(4)), row.GetString(5));

    /// <summary>
    /// Both are one layer. Of stores that are copies of each other, both may have gone on, and the same id is then not the same layer.
    /// </summary>
    public bool IsSameAs(LayerOrigin other) =>
        Store == other.Store && Original == other.Original && Usage == other.Usage
        && (Manifest is null || other.Manifest is null || Manifest == other.Manifest);
}
