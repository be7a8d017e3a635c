using Cairn.Cache.Refs;
using Cairn.Llb;
using Cairn.Snapshotter.Store;
using Microsoft.Data.Sqlite;

namespace Cairn.Cache.Blobs;

/// <summary>Immutable bytes named by digest. A blob is visible with its row, and its row appears only with its file.</summary>
public sealed class BlobStore
{
    private readonly StoreRoot _store;
    private readonly ClaimTable _claims;
    private readonly BlobDownload _download;
    private readonly TimeProvider _clock;

    internal BlobStore(StoreRoot store, ClaimTable claims, int maxTransfers, TimeProvider clock)
    {
        _store = store;
        _claims = claims;
        _clock = clock;
        _download = new BlobDownload(this, maxTransfers);
    }

    /// <summary>Whether the blob is here.</summary>
    public bool Exists(Digest digest) => Locate(digest).Any();

    /// <summary>Where the blob is: in this store, then in additional ones in their order. It is not copied from there.</summary>
    public IEnumerable<string> Locate(Digest digest) => SizeOf(digest) is not null && File.Exists(_store.BlobPath(digest))
        ? _store.Additional.Blobs(digest).Prepend(_store.BlobPath(digest))
        : _store.Additional.Blobs(digest);

    /// <summary>Opens a blob that is here; the open stream keeps its bytes, whatever is pruned meanwhile.</summary>
    /// <returns>Null if the blob is not here.</returns>
    public Stream? OpenRead(Digest digest)
    {
        if (SizeOf(digest) is { } size)
        {
            FileStream? file = TryOpen(_store.BlobPath(digest));
            if (file?.Length == size)
            {
                return file;
            }
            file?.Dispose();
            Discard(digest);
        }
        return _store.Additional.Blobs(digest).Select(TryOpen).FirstOrDefault(file => file is not null);
    }

    /// <summary>Opens a layer's blob, fetched into the store first if it is not here.</summary>
    /// <param name="blob">From a blob chain.</param>
    /// <param name="context">On whose behalf.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="BuildException">No source gives the blob.</exception>
    public async Task<Stream> OpenAsync(LayerBlob blob, RefContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(blob);
        return OpenRead(blob.Descriptor.Digest) ?? await _download.OpenAsync(blob.Descriptor, blob.Sources, context, cancellationToken);
    }

    /// <summary>Begins a new blob in the staging area.</summary>
    /// <returns>The writer; dispose it in any case.</returns>
    public BlobWriter Create() => new(this, _store.Stage("blob"));

    /// <summary>Fetches a blob into the store unless it is here.</summary>
    internal async Task<Stream> FetchAsync(Descriptor blob, IReadOnlyList<BlobSource> sources, RefContext context, CancellationToken cancellationToken) =>
        OpenRead(blob.Digest) ?? await _download.OpenAsync(blob, sources, context, cancellationToken);

    /// <summary>Moves a staged file into place with its row, unless an equal blob is there already.</summary>
    internal BlobClaim Publish(string staged, Digest digest, long size, Action<WriteTransaction, Digest, long> rows)
    {
        string path = _store.BlobPath(digest);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        long now = _clock.GetUtcNow().ToNanoseconds();
        return _claims.Write(transaction =>
        {
            bool known = transaction.Command("SELECT 1 FROM blobs WHERE digest = $digest").With("$digest", digest.ToString()).Number() is not null;
            bool present = File.Exists(path);
            if (!known || !present)
            {
                if (present)
                {
                    transaction.Trash(path);   // no row vouches for it
                }
                transaction.Publish(staged, path);
                transaction.Command("""
                    INSERT OR REPLACE INTO blobs(digest, size, created, sequence, boot) VALUES ($digest, $size, $now, $sequence, $boot)
                    """)
                    .With("$digest", digest.ToString()).With("$size", size).With("$now", now)
                    .With("$sequence", transaction.Sequence).With("$boot", transaction.BootId).ExecuteNonQuery();
            }
            rows(transaction, digest, size);
            _claims.Enter(transaction, digest);
            return new BlobClaim(_claims, digest, size);
        });
    }

    /// <summary>The blobs that are known for a layer; one of an additional store counts as local.</summary>
    internal List<KnownBlob> KnownFor(SqliteConnection connection, long layer)
    {
        List<KnownBlob> blobs = LayerBlobTable.Read(connection, layer);
        for (int i = 0; i < blobs.Count && _store.Additional.All.Count > 0; i++)
        {
            if (!blobs[i].IsLocal && _store.Additional.Blobs(blobs[i].Descriptor.Digest).Any())
            {
                blobs[i] = blobs[i] with { IsLocal = true };
            }
        }
        return blobs;
    }

    /// <summary>Takes out a blob that is missing or damaged, so that it is fetched or made again.</summary>
    internal void Discard(Digest digest)
    {
        string path = _store.BlobPath(digest);
        _claims.Write(transaction =>
        {
            transaction.Command("DELETE FROM blobs WHERE digest = $digest").With("$digest", digest.ToString()).ExecuteNonQuery();
            if (File.Exists(path))
            {
                transaction.Trash(path);
            }
            return true;
        });
    }

    private static FileStream? TryOpen(string path)
    {
        try
        {
            // Without sharing flags that lock: a file of another store is not ours to lock.
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 64 * 1024);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    private long? SizeOf(Digest digest) => _store.Read(connection =>
        connection.Query("SELECT size FROM blobs WHERE digest = $digest").With("$digest", digest.ToString()).Number());
}
