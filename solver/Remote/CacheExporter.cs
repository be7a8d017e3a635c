using System.Collections.Concurrent;
using Cairn.Cache;
using Cairn.Cache.Refs;
using Cairn.Cache.Remote;
using Cairn.Llb;
using Cairn.Solver.Keys;

namespace Cairn.Solver.Remote;

/// <summary>Makes an exported cache out of chains of keys.</summary>
/// <remarks>Source: control-and-status.md, section 14.</remarks>
internal sealed class CacheExporter(BlobChainOptions options, RefContext context)
{
    // Records that are alternatives of each other share their results. Null for one that cannot be had.
    private readonly ConcurrentDictionary<ChainResult, IReadOnlyList<LayerBlob>?> _made = [];

    /// <summary>Blobs are made where the chains say so; elsewhere a record has a result only if its blobs are here or known to be elsewhere.</summary>
    public async Task<RemoteCache> ExportAsync(IReadOnlyList<CacheChain> chains, CancellationToken cancellationToken)
    {
        var builder = new CacheConfigBuilder();
        var blobs = new Dictionary<Digest, LayerBlob>();
        int[][] added = [.. chains.Select(chain => Add(builder, chain))];

        await MakeAsync(chains, cancellationToken);

        // Those that make blobs come first: the others may have their layers then.
        foreach (bool makes in (bool[])[true, false])
        {
            for (int i = 0; i < chains.Count; i++)
            {
                for (int at = 0; at < chains[i].Records.Count; at++)
                {
                    ChainRecord record = chains[i].Records[at];
                    if (record.MakesBlobs == makes && await LayersAsync(record, cancellationToken) is { } found)
                    {
                        builder.SetResult(added[i][at], found.CreatedAt, [.. found.Layers.Select(static layer => layer.Descriptor.Digest)]);
                        foreach (LayerBlob layer in found.Layers)
                        {
                            blobs.TryAdd(layer.Descriptor.Digest, layer);
                        }
                    }
                }
            }
        }

        CacheConfig config = builder.Build();
        return new RemoteCache(config, [.. config.Layers.Select(layer => blobs[layer.Blob])]);
    }

    // The preferred result of each record that makes blobs, as many at a time as there are processors.
    private Task MakeAsync(IReadOnlyList<CacheChain> chains, CancellationToken cancellationToken)
    {
        IEnumerable<ChainResult> wanted = chains.SelectMany(static chain => chain.Records).Where(static record => record.MakesBlobs)
            .Select(static record => record.Results.MaxBy(static result => result.CreatedAt)).OfType<ChainResult>().Distinct();
        var limits = new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = cancellationToken };
        return Parallel.ForEachAsync(wanted, limits, async (result, token) => _made[result] = await TryMakeAsync(result, makesBlobs: true, token));
    }

    /// <summary>Adds the keys of a chain.</summary>
    /// <returns>What stands for each record.</returns>
    public static int[] Add(CacheConfigBuilder builder, CacheChain chain)
    {
        var added = new int[chain.Records.Count];
        for (int i = 0; i < added.Length; i++)
        {
            ChainRecord record = chain.Records[i];
            added[i] = builder.Add(
                record.Digest,
                [.. record.Inputs.Select(input => (IReadOnlyList<CacheConfigLink>)[.. input.Select(one => new CacheConfigLink(added[one.Key], one.Selector))])]);
        }

        return added;
    }

    // The newest result that can be had.
    private async Task<(DateTimeOffset CreatedAt, IReadOnlyList<LayerBlob> Layers)?> LayersAsync(ChainRecord record, CancellationToken cancellationToken)
    {
        foreach (ChainResult result in record.Results.OrderByDescending(static result => result.CreatedAt))
        {
            if (!_made.TryGetValue(result, out IReadOnlyList<LayerBlob>? layers))
            {
                layers = await TryMakeAsync(result, record.MakesBlobs, cancellationToken);
                _made[result] = layers;
            }

            if (layers is not null)
            {
                return (result.CreatedAt, layers);
            }
        }

        return null;
    }

    private async Task<IReadOnlyList<LayerBlob>?> TryMakeAsync(ChainResult result, bool makesBlobs, CancellationToken cancellationToken)
    {
        try
        {
            using ImmutableRef? taken = result.TryTake();
            return taken is null ? null
                : makesBlobs ? await taken.BlobChainAsync(options, context, cancellationToken)
                : taken.TryKnownBlobChain(options);
        }
        catch (ResultLostException)
        {
            return null;   // the build has what it needs: the cache lacks one result
        }
    }
}
