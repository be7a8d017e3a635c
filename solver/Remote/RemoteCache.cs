using Cairn.Cache.Refs;
using Cairn.Cache.Remote;

namespace Cairn.Solver.Remote;

/// <summary>A cache that is ready to be written somewhere.</summary>
/// <param name="Config">Keys and layers.</param>
/// <param name="Layers">The blobs of the layers, by the same index.</param>
internal sealed record RemoteCache(CacheConfig Config, IReadOnlyList<LayerBlob> Layers)
{
    /// <summary>The document with descriptors in it, for places that keep no manifest.</summary>
    public CacheConfig Described() => Config with
    {
        Layers =
        [
            .. Config.Layers.Select((layer, i) => layer with
            {
                Annotations = new CacheLayerAnnotations(Layers[i].Descriptor, Layers[i].DiffId, Layers[i].CreatedAt),
            }),
        ],
    };
}
