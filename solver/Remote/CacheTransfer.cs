using Cairn.Cache;
using Cairn.Cache.Refs;
using Cairn.Llb;
using Cairn.Solver.Progress;
using Cairn.Solver.Sessions;

namespace Cairn.Solver.Remote;

/// <summary>In whose name, and before whose eyes, a cache is written.</summary>
/// <param name="Session">The client.</param>
/// <param name="Cache">Has the layers' bytes, or gets them.</param>
/// <param name="Refs">Fetches what is lazy.</param>
/// <param name="Progress">The exporter's vertex.</param>
internal sealed record CacheTransfer(ISession Session, BuildCache Cache, RefContext Refs, IVertexProgress Progress)
{
    private const int MostAtOnce = 4;

    /// <summary>Writes each layer's blob, a few at a time, each shown as an item.</summary>
    public Task WriteLayersAsync(RemoteCache cache, Func<LayerBlob, IProgressItem, CancellationToken, Task> write, CancellationToken cancellationToken)
    {
        var options = new ParallelOptions { MaxDegreeOfParallelism = MostAtOnce, CancellationToken = cancellationToken };
        return Parallel.ForEachAsync(cache.Layers.DistinctBy(static layer => layer.Descriptor.Digest), options, async (layer, token) =>
        {
            using IProgressItem item = Progress.Begin("writing layer " + layer.Descriptor.Digest, string.Empty, layer.Descriptor.Size);
            await write(layer, item, token);
        });
    }

    /// <summary>The bytes of a layer's blob, from an offset on.</summary>
    public async Task<Stream> OpenAsync(LayerBlob layer, long offset, CancellationToken cancellationToken)
    {
        Stream stream = await Cache.Blobs.OpenAsync(layer, Refs, cancellationToken);
        stream.Seek(offset, SeekOrigin.Begin);
        return stream;
    }

    /// <summary>The descriptor of bytes that are at hand.</summary>
    public static Descriptor Describe(string mediaType, byte[] bytes) => new(mediaType, Digest.Sha256(bytes), bytes.Length);
}
