using System.Globalization;
using Cairn.Cache.Collection;
using Cairn.Llb;
using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Store;

namespace Cairn.Cache.Recovery;

/// <summary>
/// Takes out of the cache what lost files leave without ground. A layer that a blob or its two sides give back only loses its directory; any
/// other goes, with the records that show it, the records on top of those, and their results.
/// </summary>
public static class LostRecords
{
    internal const string Blobs = "blobs/sha256";
    internal const string CacheMounts = "cachemounts";

    /// <summary>Drops rows and moves what is left of the files to the trash.</summary>
    /// <param name="store">The store.</param>
    /// <param name="transaction">In which it happens.</param>
    /// <param name="layers">Layers whose directory is missing or damaged.</param>
    /// <param name="blobs">Blobs whose file is missing or damaged.</param>
    /// <param name="cacheMounts">Row ids of persistent directories that are missing.</param>
    public static DroppedRecords Drop(
        StoreRoot store, WriteTransaction transaction, IReadOnlyCollection<LayerId> layers, IReadOnlyCollection<Digest> blobs,
        IReadOnlyCollection<long> cacheMounts)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(transaction);
        ArgumentNullException.ThrowIfNull(layers);
        ArgumentNullException.ThrowIfNull(blobs);
        ArgumentNullException.ThrowIfNull(cacheMounts);
        foreach (Digest blob in blobs)
        {
            transaction.Command("DELETE FROM blobs WHERE digest = $digest").With("$digest", blob.ToString()).ExecuteNonQuery();
            transaction.Trash(store.BlobPath(blob));
        }
        List<long> absent = [];
        foreach (LayerId layer in layers)
        {
            transaction.Command("DELETE FROM layer_manifests WHERE layer IN (SELECT id FROM cache_layers WHERE snapshot = $snapshot)")
                .With("$snapshot", layer.Value).ExecuteNonQuery();
            absent.AddRange(transaction.Command("UPDATE cache_layers SET snapshot = NULL, bytes = 0 WHERE snapshot = $snapshot RETURNING id")
                .With("$snapshot", layer.Value).Rows(row => row.GetInt64(0)));
            LayerRecovery.Remove(store, transaction, layer);
        }
        foreach (long mount in cacheMounts)
        {
            transaction.Command("DELETE FROM cache_mounts WHERE id = $id").With("$id", mount).ExecuteNonQuery();
        }
        List<string> refs = [];
        HashSet<long> gone = [];
        var removal = new RecordRemoval(store, (turn, layer) => LayerRecovery.Remove(store, turn, layer));
        // A difference is without ground when a side goes, so it takes rounds.
        while (Groundless(transaction) is { Count: > 0 } dead)
        {
            gone.UnionWith(dead);
            foreach (long layer in dead)
            {
                DropLayer(transaction, removal, layer, refs);
            }
        }
        return new DroppedRecords(refs, gone.Count, absent.Count(layer => !gone.Contains(layer)), blobs.Count, cacheMounts.Count);
    }

    /// <summary>For the store, after a power cut.</summary>
    internal static void Drop(StoreRoot store, WriteTransaction transaction, IReadOnlyCollection<StoreFile> lost)
    {
        IEnumerable<string> In(string area) => lost.Where(file => file.Area == area).Select(file => file.Name);
        Drop(
            store, transaction,
            [.. In("layers").Select(name => new LayerId(long.Parse(name, CultureInfo.InvariantCulture)))],
            [.. In(Blobs).Select(name => Digest.Parse("sha256:" + name))],
            [.. In(CacheMounts).Select(name => long.Parse(name, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture))]);
    }

    /// <summary>Whether the file of a blob is what its name says.</summary>
    internal static bool IsProven(StoreRoot store, string name)
    {
        Digest digest = Digest.Parse("sha256:" + name);
        long? size = store.Read(connection =>
            connection.Query("SELECT size FROM blobs WHERE digest = $digest").With("$digest", digest.ToString()).Number());
        try
        {
            using FileStream file = File.OpenRead(store.BlobPath(digest));
            return file.Length == size
                && Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(file)).Equals(name, StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;   // what cannot be read proves nothing
        }
    }

    /// <summary>
    /// Query of layers without directory that neither a blob, here or at a source, nor two sides give back. A blob with clamped times is not
    /// the layer.
    /// </summary>
    internal const string GroundlessLayers = """
        SELECT c.id FROM cache_layers c WHERE c.snapshot IS NULL
          AND NOT EXISTS (
            SELECT 1 FROM layer_blobs l WHERE l.layer = c.id AND instr(l.variant, '@') = 0
              AND (EXISTS (SELECT 1 FROM blobs b WHERE b.digest = l.digest) OR EXISTS (SELECT 1 FROM blob_sources s WHERE s.digest = l.digest)))
          AND ((c.diff_lower = 0 AND c.diff_upper = 0)
            OR (c.diff_lower <> 0 AND NOT EXISTS (SELECT 1 FROM refs WHERE id = c.diff_lower))
            OR (c.diff_upper <> 0 AND NOT EXISTS (SELECT 1 FROM refs WHERE id = c.diff_upper)))
        ORDER BY c.id
        """;

    /// <summary>Removes a record whose ground is gone, its claims included; a layer that no record shows any more goes with it.</summary>
    internal static void RemoveRecord(StoreRoot store, WriteTransaction transaction, long id)
    {
        transaction.Command("DELETE FROM ref_leases WHERE ref = $ref").With("$ref", id).ExecuteNonQuery();
        long layer = transaction.Command("SELECT layer FROM refs WHERE id = $ref").With("$ref", id).Number() ?? 0;
        new RecordRemoval(store, (turn, directory) => LayerRecovery.Remove(store, turn, directory)).Remove(transaction, id, layer);
    }

    private static List<long> Groundless(WriteTransaction transaction) =>
        transaction.Command(GroundlessLayers).Rows(row => row.GetInt64(0));

    private static void DropLayer(WriteTransaction transaction, RecordRemoval removal, long layer, List<string> dropped)
    {
        List<(long Id, long Layer, string Description)> refs = transaction.Command("""
            WITH RECURSIVE above(id, depth) AS (
              SELECT id, 0 FROM refs WHERE layer = $layer
              UNION
              SELECT r.id, a.depth + 1 FROM above a JOIN refs r ON r.parent = a.id)
            SELECT r.id, r.layer, r.description, max(a.depth) FROM above a JOIN refs r ON r.id = a.id GROUP BY r.id ORDER BY 4 DESC, 1
            """)
            .With("$layer", layer).Rows(row => (row.GetInt64(0), row.GetInt64(1), row.GetString(2)));
        foreach ((long id, long top, string description) in refs)   // the topmost first
        {
            transaction.Command("DELETE FROM ref_leases WHERE ref = $ref").With("$ref", id).ExecuteNonQuery();
            removal.Remove(transaction, id, top);
            dropped.Insert(0, description);
        }
        removal.RemoveLayer(transaction, layer);
    }
}
