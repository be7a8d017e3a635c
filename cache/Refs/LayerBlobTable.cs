using Cairn.Llb;
using Cairn.Snapshotter.Store;
using Microsoft.Data.Sqlite;

namespace Cairn.Cache.Refs;

/// <summary>Rows of the blobs that are known for layers, and of the places where blobs can be had.</summary>
internal static class LayerBlobTable
{
    /// <summary>The variant of a blob that a layer came with.</summary>
    public const string Original = "";

    public static void Insert(WriteTransaction transaction, long layer, string variant, Descriptor blob, DiffId diffId) =>
        transaction.Command("""
            INSERT OR IGNORE INTO layer_blobs(layer, variant, digest, media_type, size, diff_id)
            VALUES ($layer, $variant, $digest, $type, $size, $diff)
            """)
            .With("$layer", layer).With("$variant", variant).With("$digest", blob.Digest.ToString()).With("$type", blob.MediaType)
            .With("$size", blob.Size).With("$diff", diffId.ToString()).ExecuteNonQuery();

    public static void AddSource(WriteTransaction transaction, Digest digest, BlobSource source, long now) =>
        transaction.Command("""
            INSERT INTO blob_sources(digest, source, used) VALUES ($digest, $source, $now)
            ON CONFLICT(digest, source) DO UPDATE SET used = excluded.used
            """)
            .With("$digest", digest.ToString()).With("$source", source.Value).With("$now", now).ExecuteNonQuery();

    /// <summary>All blobs of a layer, ordered by variant and digest.</summary>
    public static List<KnownBlob> Read(SqliteConnection connection, long layer) =>
        connection.Query("""
            SELECT l.variant, l.media_type, l.digest, l.size, l.diff_id, b.digest IS NOT NULL
            FROM layer_blobs l LEFT JOIN blobs b ON b.digest = l.digest WHERE l.layer = $layer
            """)
            .With("$layer", layer)
            .Rows(row => new KnownBlob(
                row.GetString(0), new Descriptor(row.GetString(1), Digest.Parse(row.GetString(2)), row.GetInt64(3)),
                new DiffId(Digest.Parse(row.GetString(4))), row.GetBoolean(5)));

    /// <summary>Where a blob can be had, the latest source first.</summary>
    public static List<BlobSource> Sources(SqliteConnection connection, Digest digest) =>
        connection.Query("SELECT source FROM blob_sources WHERE digest = $digest ORDER BY used DESC, source")
            .With("$digest", digest.ToString()).Rows(row => new BlobSource(row.GetString(0)));
}
