using Cairn.Cache.Collection;
using Cairn.Cache.Recovery;
using Cairn.Snapshotter.Store;

namespace Cairn.Cache;

/// <summary>The tables of this room.</summary>
internal static class CacheSchema
{
    private const string First = """
        -- One layer: written here, named by an image (chain_id), or a difference of two refs that is computed when needed.
        CREATE TABLE cache_layers (
          id INTEGER PRIMARY KEY,
          snapshot INTEGER UNIQUE,
          chain_id TEXT UNIQUE,
          diff_id TEXT,
          diff_lower INTEGER NOT NULL,
          diff_upper INTEGER NOT NULL,
          created INTEGER NOT NULL,
          description TEXT NOT NULL,
          bytes INTEGER NOT NULL,
          sequence INTEGER NOT NULL,
          boot TEXT NOT NULL
        ) STRICT;
        CREATE UNIQUE INDEX cache_layers_by_difference ON cache_layers(diff_lower, diff_upper) WHERE diff_lower <> 0 OR diff_upper <> 0;

        -- A ref is a position in the tree of all layer lists, so equal lists are one row and a longer list shares the shorter one's rows.
        CREATE TABLE refs (
          id INTEGER PRIMARY KEY,
          parent INTEGER NOT NULL,
          layer INTEGER NOT NULL,
          kind INTEGER NOT NULL,
          named INTEGER NOT NULL,
          record_type TEXT NOT NULL,
          description TEXT NOT NULL,
          created INTEGER NOT NULL,
          last_used INTEGER NOT NULL,
          uses INTEGER NOT NULL,
          sequence INTEGER NOT NULL,
          boot TEXT NOT NULL
        ) STRICT;
        CREATE UNIQUE INDEX refs_by_position ON refs(parent, layer);
        CREATE INDEX refs_by_layer ON refs(layer);

        CREATE TABLE ref_leases (instance TEXT NOT NULL, ref INTEGER NOT NULL, PRIMARY KEY (ref, instance)) STRICT, WITHOUT ROWID;
        CREATE TABLE blob_leases (instance TEXT NOT NULL, digest TEXT NOT NULL, PRIMARY KEY (digest, instance)) STRICT, WITHOUT ROWID;

        CREATE TABLE blobs (
          digest TEXT PRIMARY KEY,
          size INTEGER NOT NULL,
          created INTEGER NOT NULL,
          sequence INTEGER NOT NULL,
          boot TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE blob_sources (digest TEXT NOT NULL, source TEXT NOT NULL, used INTEGER NOT NULL, PRIMARY KEY (digest, source)) STRICT, WITHOUT ROWID;

        -- The blobs that are known for a layer. Variant is empty for one that it came with, else codec, level and clamp.
        CREATE TABLE layer_blobs (
          layer INTEGER NOT NULL,
          variant TEXT NOT NULL,
          digest TEXT NOT NULL,
          media_type TEXT NOT NULL,
          size INTEGER NOT NULL,
          diff_id TEXT NOT NULL,
          PRIMARY KEY (layer, variant, digest)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX layer_blobs_by_digest ON layer_blobs(digest);

        -- Digests of a layer's files computed so far, in the order of its manifest; and answers that were given for whole refs.
        CREATE TABLE layer_manifests (layer INTEGER PRIMARY KEY, content BLOB NOT NULL) STRICT;
        CREATE TABLE content_digests (ref INTEGER NOT NULL, selectors TEXT NOT NULL, digest TEXT NOT NULL, PRIMARY KEY (ref, selectors)) STRICT, WITHOUT ROWID;

        -- Cache keys: links lead from the keys of inputs to the key of a vertex; results hang at keys. Ref 0 is scratch.
        CREATE TABLE cache_keys (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
        CREATE TABLE key_links (
          source INTEGER NOT NULL,
          input INTEGER NOT NULL,
          output INTEGER NOT NULL,
          digest TEXT NOT NULL,
          selector TEXT NOT NULL,
          target INTEGER NOT NULL,
          PRIMARY KEY (source, digest, input, output, selector, target)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX key_links_by_target ON key_links(target);
        CREATE TABLE key_results (
          key INTEGER NOT NULL,
          ref INTEGER NOT NULL,
          created INTEGER NOT NULL,
          PRIMARY KEY (key, ref)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX key_results_by_ref ON key_results(ref);

        CREATE TABLE cache_mounts (
          id INTEGER PRIMARY KEY,
          name TEXT NOT NULL,
          description TEXT NOT NULL,
          created INTEGER NOT NULL,
          last_used INTEGER NOT NULL,
          uses INTEGER NOT NULL,
          bytes INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX cache_mounts_by_name ON cache_mounts(name);
        """;

    public static StoreSchema Schema { get; } = new("cache", [First, EvictionTable.Schema])
    {
        Areas =
        [
            new StoreArea(LostRecords.Blobs, "SELECT substr(digest, 8) AS name, sequence FROM blobs WHERE digest LIKE 'sha256:%'", LostRecords.IsProven),
            // What is in them is the tools' own, with no more promise than on any disk.
            new StoreArea(LostRecords.CacheMounts, "SELECT printf('%016x', id) AS name, 0 AS sequence FROM cache_mounts", static (_, _) => true),
        ],
        Drop = LostRecords.Drop,
    };
}
