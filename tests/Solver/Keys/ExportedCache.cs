using Cairn.Cache;
using Cairn.Cache.Refs;
using Cairn.Llb;
using Cairn.Solver.Keys;
using Cairn.Solver.Progress;
using Cairn.Solver.Sessions;

namespace Cairn.Solver.Tests.Keys;

/// <summary>A cache that was exported into memory: keys with lists of layers, and the blobs of these.</summary>
internal sealed class ExportedCache(string id) : ICacheSource, IBlobFetcher
{
    private readonly Dictionary<Digest, byte[]> _blobs = [];
    private int _loads;
    private int _fetches;

    public string Id => id;

    public List<ImportedKey> Keys { get; private set; } = [];

    /// <summary>Reading it fails with this.</summary>
    public Exception? Error { get; set; }

    /// <summary>How often it was read.</summary>
    public int Loads => _loads;

    /// <summary>How many blobs were fetched from it.</summary>
    public int Fetches => _fetches;

    /// <summary>Takes what a build gives, as an exporter does.</summary>
    public static async Task<ExportedCache> ExportAsync(
        string id, CacheChain chain, BuildCache cache, RefContext context, CancellationToken cancellationToken)
    {
        var exported = new ExportedCache(id);
        foreach (ChainRecord record in chain.Records)
        {
            List<ImportedResult> results = [];
            foreach (ChainResult result in record.MakesBlobs ? record.Results : [])
            {
                using ImmutableRef? taken = result.TryTake();
                if (taken is null)
                {
                    continue;
                }

                List<ImageLayer> layers = [];
                foreach (LayerBlob blob in await taken.BlobChainAsync(new BlobChainOptions(), context, cancellationToken))
                {
                    if (blob.IsLocal)
                    {
                        await using Stream stream = await cache.Blobs.OpenAsync(blob, context, cancellationToken);
                        using var bytes = new MemoryStream();
                        await stream.CopyToAsync(bytes, cancellationToken);
                        exported._blobs[blob.Descriptor.Digest] = bytes.ToArray();
                    }

                    layers.Add(new ImageLayer(blob.Descriptor, blob.DiffId, blob.Sources.Count > 0 ? blob.Sources[0] : new BlobSource($"memory://{id}")));
                }

                results.Add(new ImportedResult(result.CreatedAt, layers));
            }

            exported.Keys.Add(new ImportedKey(record.Digest, record.Inputs, results));
        }

        return exported;
    }

    /// <summary>The same without results of some keys.</summary>
    public ExportedCache Without(string other, Func<ImportedKey, bool> lacksResults) =>
        new(other) { Keys = [.. Keys.Select(key => lacksResults(key) ? key with { Results = [] } : key)] };

    /// <summary>The same, of which every blob is gone.</summary>
    public void LoseBlobs() => _blobs.Clear();

    public Task<IReadOnlyList<ImportedKey>> LoadAsync(
        ISessionGroup sessions, SolverServices services, IVertexProgress progress, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _loads);
        return Error is { } error ? Task.FromException<IReadOnlyList<ImportedKey>>(error) : Task.FromResult<IReadOnlyList<ImportedKey>>(Keys);
    }

    public Task<Stream> OpenAsync(Descriptor blob, BlobSource source, long offset, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _fetches);
        return _blobs.TryGetValue(blob.Digest, out byte[]? bytes)
            ? Task.FromResult<Stream>(new MemoryStream(bytes[(int)offset..]))
            : throw new BuildException(ErrorKind.Environment, "fetch blob", blob.Digest.ToString(), "it is gone");
    }
}
