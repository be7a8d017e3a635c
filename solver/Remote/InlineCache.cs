using Cairn.Cache.Refs;
using Cairn.Cache.Remote;
using Cairn.Solver.Jobs;
using Cairn.Solver.Keys;
using Cairn.Solver.Progress;

namespace Cairn.Solver.Remote;

/// <summary>The keys of an image that travel in its config: those whose results consist of the image's own layers.</summary>
/// <remarks>Source: control-and-status.md, section 16.2.</remarks>
internal static class InlineCache
{
    /// <summary>Key in the config, for the base64 of the list.</summary>
    public const string ConfigKey = "moby.buildkit.cache.v0";

    /// <summary>The list for one image.</summary>
    /// <param name="job">The build.</param>
    /// <param name="solved">What the image shows.</param>
    /// <param name="image">The same, evaluated; borrowed.</param>
    /// <param name="layers">The image's layers as they are exported, bottom first.</param>
    /// <param name="progress">The exporter's vertex.</param>
    /// <param name="cancellationToken">Stops the wait.</param>
    /// <returns>JSON; null if no result consists of the image's layers.</returns>
    public static async Task<byte[]?> WriteAsync(
        BuildJob job, SolvedRef solved, ImmutableRef image, IReadOnlyList<LayerBlob> layers, IVertexProgress progress, CancellationToken cancellationToken)
    {
        using IProgressItem preparing = progress.Step("preparing layers for inline cache");
        CacheChain chain = await job.ChainAsync(solved.Edge, CacheExportMode.Min, cancellationToken);
        var builder = new CacheConfigBuilder();
        int[] added = CacheExporter.Add(builder, chain);
        var own = new Dictionary<LayerRecord, int>();
        for (int i = 0; i < image.Layers.Count; i++)
        {
            own.TryAdd(image.Layers[i], i);
        }

        for (int i = 0; i < added.Length; i++)
        {
            foreach (ChainResult result in chain.Records[i].Results.OrderByDescending(static result => result.CreatedAt))
            {
                using ImmutableRef? taken = result.TryTake();
                if (taken is not null && Places(taken, own, layers) is { } places)
                {
                    builder.SetResult(added[i], result.CreatedAt, [.. places.Select(place => layers[place].Descriptor.Digest)]);
                    break;
                }
            }
        }

        return builder.BuildInline([.. layers.Select(static layer => layer.Descriptor.Digest)]) is { } records ? CacheConfigWriter.WriteRecords(records) : null;
    }

    // Which layers of the image a result consists of, by the layers themselves or by their content; null if it has others.
    private static int[]? Places(ImmutableRef result, Dictionary<LayerRecord, int> own, IReadOnlyList<LayerBlob> layers)
    {
        int[] places = [.. result.Layers.Select(layer => own.GetValueOrDefault(layer, -1))];
        if (Array.TrueForAll(places, static place => place >= 0))
        {
            return places;
        }

        if (result.KnownDiffIds() is not { } diffIds)
        {
            return null;
        }

        for (int i = 0; i < places.Length; i++)
        {
            for (int at = 0; places[i] < 0 && at < layers.Count; at++)
            {
                places[i] = layers[at].DiffId == diffIds[i] ? at : -1;
            }
        }

        return Array.TrueForAll(places, static place => place >= 0) ? places : null;
    }
}
