using Cairn.Llb;
using Cairn.Snapshotter.Additional;
using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Store;
using Microsoft.Data.Sqlite;

namespace Cairn.Cache.Refs;

/// <summary>Refs and layers of additional stores: their rows become rows of this store when they are used, their files stay where they are.</summary>
internal sealed class AdditionalRefs
{
    private readonly StoreRoot _store;
    private readonly RefTable _table;

    public AdditionalRefs(StoreRoot store, RefTable table)
    {
        _store = store;
        _table = table;
    }

    /// <summary>There is something to look into.</summary>
    public bool Any => _store.Additional.All.Count > 0;

    /// <summary>What a ref is made of, bottom first, in the first store that has all its layers; null if none has.</summary>
    public IReadOnlyList<FoundLayer>? Find(RefId id)
    {
        foreach (AdditionalStore other in _store.Additional.All)
        {
            List<(FoundLayer Layer, long? Directory)> rows = other.Read(connection => Read(connection, id), []);
            if (rows.Count == 0)
            {
                continue;
            }
            List<FoundLayer> found = [.. rows.Select(row => row.Directory is { } directory
                ? row.Layer with { Directory = _store.Additional.TryFind(other, new LayerId(directory)) }
                : row.Layer)];
            if (found.TrueForAll(IsHavable))
            {
                return found;
            }
        }
        return null;
    }

    /// <summary>The directory of a layer that is not here: of the same layer, or of an image's layer with the same chain.</summary>
    public AdditionalLayer? FindDirectory(LayerRecord layer)
    {
        foreach (AdditionalStore other in _store.Additional.All)
        {
            long? directory = other.Read(
                connection => connection.Query("SELECT snapshot FROM cache_layers WHERE snapshot IS NOT NULL AND (id = $id OR chain_id = $chain)")
                    .With("$id", layer.Id).With("$chain", layer.ChainId?.ToString()).Number(),
                null);
            if (directory is { } original && _store.Additional.TryFind(other, new LayerId(original)) is { } found)
            {
                return found;
            }
        }
        return null;
    }

    /// <summary>Writes the rows of a found ref; of layers that are known here, the rows here are taken.</summary>
    public RefRecord Enter(WriteTransaction transaction, IReadOnlyList<FoundLayer> found)
    {
        RefRecord? top = null;
        foreach (FoundLayer layer in found)
        {
            LayerRecord record = _table.FindOrInsertFound(transaction, layer);
            if (layer.Directory is { } directory && !record.IsLocal)
            {
                SetDirectory(transaction, record, directory);
            }
            top = _table.FindOrInsertChild(
                transaction, top, record, layer.Kind, layer.Description, layer.Created, layer.Named, layer.Ref);
        }
        return top!;
    }

    /// <summary>Makes the directory of an additional store the directory of a layer that has none here.</summary>
    public LayerId SetDirectory(WriteTransaction transaction, LayerRecord layer, AdditionalLayer found)
    {
        LayerId directory = _store.Additional.Enter(transaction, found);
        transaction.Command("UPDATE cache_layers SET snapshot = $snapshot, bytes = 0 WHERE id = $id")
            .With("$snapshot", directory.Value).With("$id", layer.Id).ExecuteNonQuery();
        transaction.OnCommitted(() => layer.SetDirectory(directory));
        return directory;
    }

    private static List<(FoundLayer Layer, long? Directory)> Read(SqliteConnection connection, RefId id)
    {
        List<(FoundLayer Layer, long? Directory)> found = [];
        for (long at = id.Value; at != 0;)
        {
            if (connection.Query("""
                SELECT r.id, r.parent, r.kind, r.named, r.record_type, r.description, r.created,
                       l.id, l.chain_id, l.diff_id, l.diff_lower, l.diff_upper, l.created, l.description, l.snapshot
                FROM refs r JOIN cache_layers l ON l.id = r.layer WHERE r.id = $id
                """)
                .With("$id", at).Rows(row => (Parent: row.GetInt64(1), Layer: LayerOf(row), Directory: row.Integer(14))) is not [var position])
            {
                return [];
            }
            List<KnownBlob> blobs = LayerBlobTable.Read(connection, position.Layer.Layer.Id);
            found.Add((
                position.Layer with { Blobs = [.. blobs.Select(blob => (blob, (IReadOnlyList<BlobSource>)LayerBlobTable.Sources(connection, blob.Descriptor.Digest)))] },
                position.Directory));
            at = position.Parent;
        }
        found.Reverse();
        return found;
    }

    private static FoundLayer LayerOf(SqliteDataReader row) => new(
        new RefId(row.GetInt64(0)), (RefKind)row.GetInt32(2), row.GetBoolean(3), new RefDescription(row.GetString(5), row.GetString(4)),
        row.GetInt64(6).ToTime(),
        new LayerRecord(row.GetInt64(7), row.GetInt64(12).ToTime(), row.GetString(13))
        {
            ChainId = row.Text(8) is { } chain ? new ChainId(Digest.Parse(chain)) : null,
            Difference = row.GetInt64(10) == 0 && row.GetInt64(11) == 0 ? null : (row.GetInt64(10), row.GetInt64(11)),
        },
        row.Text(9));

    private bool IsHavable(FoundLayer layer) =>
        layer.Directory is not null || layer.Blobs.Any(blob => blob.Sources.Count > 0 || _store.Additional.Blobs(blob.Blob.Descriptor.Digest).Any());
}
