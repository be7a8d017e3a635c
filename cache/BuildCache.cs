using Cairn.Cache.Blobs;
using Cairn.Cache.Checksums;
using Cairn.Cache.Collection;
using Cairn.Cache.Keys;
using Cairn.Cache.Refs;
using Cairn.Cache.Verification;
using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Store;

namespace Cairn.Cache;

/// <summary>The door of the room: refs, blobs, cache keys, content checksums and the collector over one store.</summary>
public sealed class BuildCache : IAsyncDisposable
{
    private readonly ClaimTable _claims;

    /// <summary>Opens the cache over a store that was opened with <see cref="Schema"/>.</summary>
    /// <param name="store">Outlives this object.</param>
    /// <param name="snapshotter">Of the same store; outlives this object.</param>
    /// <param name="options">How the cache works.</param>
    public BuildCache(StoreRoot store, ISnapshotter snapshotter, BuildCacheOptions options)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(snapshotter);
        ArgumentNullException.ThrowIfNull(options);
        _claims = new ClaimTable(store);
        Blobs = new BlobStore(store, _claims, options.MaxTransfers, options.Clock);
        Refs = new RefStore(store, snapshotter, Blobs, _claims, StrikeOut, options.Clock);
        Keys = new CacheKeyStore(store, options.Clock);
        Checksums = new ContentChecksums(store, snapshotter, _claims);
        Mounts = new CacheMounts(store, _claims, options.Clock);
        Collector = new Collector(store, snapshotter, _claims, options);
        Verifier = new StoreVerifier(store, snapshotter);
        Repair = new StoreRepair(store, snapshotter, Refs, _claims, Verifier);
    }

    /// <summary>The room's tables, for <see cref="StoreRoot.Open"/>.</summary>
    public static StoreSchema Schema => CacheSchema.Schema;

    /// <summary>Makes and finds refs.</summary>
    public RefStore Refs { get; }

    /// <summary>Bytes named by digest.</summary>
    public BlobStore Blobs { get; }

    /// <summary>Cache keys and their results.</summary>
    public CacheKeyStore Keys { get; }

    /// <summary>Digests of the content of refs.</summary>
    public ContentChecksums Checksums { get; }

    /// <summary>Persistent directories of RUN steps.</summary>
    public CacheMounts Mounts { get; }

    /// <summary>Tells and frees what the cache takes.</summary>
    public Collector Collector { get; }

    /// <summary>Compares everything with what vouches for it.</summary>
    public StoreVerifier Verifier { get; }

    /// <summary>Mends what the verifier finds.</summary>
    public StoreRepair Repair { get; }

    /// <summary>Remembers results under the keys of their inputs. Layers, refs, keys and results appear in one transaction.</summary>
    /// <param name="saves">In order: a later one may build on the key of an earlier one.</param>
    /// <returns>The key of each. Where inputs have only volatile keys the key is volatile and only the ref is written.</returns>
    public IReadOnlyList<CacheKeyId> Save(IReadOnlyList<KeySave> saves)
    {
        ArgumentNullException.ThrowIfNull(saves);
        return _claims.Write(transaction =>
        {
            var keys = new CacheKeyId[saves.Count];
            for (int i = 0; i < saves.Count; i++)
            {
                if (saves[i].Result is { } result)
                {
                    Refs.Publish(transaction, result.Record);
                }
                keys[i] = Keys.Save(transaction, saves[i].Query, saves[i].HasResult, saves[i].Result?.Id, saves[i].IsNew);
            }
            return keys;
        });
    }

    /// <summary>Writes the rows of refs that are not remembered under a key.</summary>
    public void Publish(IReadOnlyList<ImmutableRef> refs)
    {
        ArgumentNullException.ThrowIfNull(refs);
        if (refs.Count > 0)
        {
            _claims.Write(transaction =>
            {
                foreach (ImmutableRef reference in refs)
                {
                    Refs.Publish(transaction, reference.Record);
                }
                return true;
            });
        }
    }

    /// <summary>Remembers that all keys of the inputs lead to keys that some of them were found to lead to. Writes only if something is new.</summary>
    public void Link(KeyQuery query, IReadOnlyList<CacheKeyId> targets)
    {
        if (!Keys.HasLinks(query, targets))
        {
            _claims.Write(transaction =>
            {
                CacheKeyStore.Link(transaction, query, targets);
                return true;
            });
        }
    }

    /// <summary>Strikes a record out of the results of all keys, so that it is not found again; for a result that turned out to be lost.</summary>
    public void StrikeOut(RefId id) => _claims.Write(transaction =>
    {
        CacheKeyStore.RemoveResults(transaction, id);
        return true;
    });

    /// <summary>Writes down that the claims given up so far are gone. Claims still held end with the instance.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_claims.HasReleased)
        {
            await Task.Run(() => _claims.Write(static _ => true));
        }
    }
}
