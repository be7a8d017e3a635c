using Cairn.Cache.Keys;
using Cairn.Cache.Refs;
using Cairn.Llb;
using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Store;

namespace Cairn.Cache.Collection;

/// <summary>Takes records out with everything that is theirs alone: results, layers, blobs. Files go after the commit.</summary>
/// <param name="store">The store.</param>
/// <param name="removeLayer">Removes a layer's row and moves its directory to the trash.</param>
internal sealed class RecordRemoval(StoreRoot store, Action<WriteTransaction, LayerId> removeLayer)
{
    /// <summary>Removes a record unless something needs it: a claim may have come since the caller looked.</summary>
    public bool TryRemove(WriteTransaction transaction, long id, long layer)
    {
        bool needed = transaction.Command("""
            SELECT EXISTS (SELECT 1 FROM ref_leases WHERE ref = $ref)
                OR EXISTS (SELECT 1 FROM refs WHERE parent = $ref)
                OR EXISTS (SELECT 1 FROM cache_layers WHERE snapshot IS NULL AND (diff_lower = $ref OR diff_upper = $ref))
                OR NOT EXISTS (SELECT 1 FROM refs WHERE id = $ref)
            """)
            .With("$ref", id).Number() == 1;
        if (!needed)
        {
            Remove(transaction, id, layer);
        }
        return !needed;
    }

    /// <summary>Removes a record, and its layer if no other record has it on top.</summary>
    public void Remove(WriteTransaction transaction, long id, long layer)
    {
        CacheKeyStore.RemoveResults(transaction, new RefId(id));
        transaction.Command("DELETE FROM content_digests WHERE ref = $ref").With("$ref", id).ExecuteNonQuery();
        transaction.Command("DELETE FROM refs WHERE id = $ref").With("$ref", id).ExecuteNonQuery();
        if (transaction.Command("SELECT 1 FROM refs WHERE layer = $layer LIMIT 1").With("$layer", layer).Number() is null)
        {
            RemoveLayer(transaction, layer);
        }
    }

    /// <summary>Removes a blob that no layer has and nobody claims.</summary>
    public void RemoveBlobIfUnused(WriteTransaction transaction, string digest)
    {
        bool needed = transaction.Command("""
            SELECT EXISTS (SELECT 1 FROM layer_blobs WHERE digest = $digest) OR EXISTS (SELECT 1 FROM blob_leases WHERE digest = $digest)
            """)
            .With("$digest", digest).Number() == 1;
        if (needed)
        {
            return;
        }
        transaction.Command("DELETE FROM blob_sources WHERE digest = $digest").With("$digest", digest).ExecuteNonQuery();
        if (transaction.Command("DELETE FROM blobs WHERE digest = $digest").With("$digest", digest).ExecuteNonQuery() > 0)
        {
            transaction.Trash(store.BlobPath(Digest.Parse(digest)));
        }
    }

    /// <summary>Removes a layer that no record shows, with its directory and its blobs.</summary>
    public void RemoveLayer(WriteTransaction transaction, long layer)
    {
        if (transaction.Command("SELECT snapshot FROM cache_layers WHERE id = $layer").With("$layer", layer).Number() is { } directory)
        {
            removeLayer(transaction, new LayerId(directory));
        }
        List<string> blobs = transaction.Command("SELECT DISTINCT digest FROM layer_blobs WHERE layer = $layer").With("$layer", layer)
            .Rows(row => row.GetString(0));
        transaction.Command("DELETE FROM layer_blobs WHERE layer = $layer").With("$layer", layer).ExecuteNonQuery();
        transaction.Command("DELETE FROM layer_manifests WHERE layer = $layer").With("$layer", layer).ExecuteNonQuery();
        transaction.Command("DELETE FROM cache_layers WHERE id = $layer").With("$layer", layer).ExecuteNonQuery();
        blobs.ForEach(digest => RemoveBlobIfUnused(transaction, digest));
    }
}
