using Cairn.Llb;

namespace Cairn.Cache.Remote;

/// <summary>One layer of an exported cache. The same blob on another one is another layer.</summary>
/// <param name="Blob">The compressed layer.</param>
/// <param name="Parent">Index of the layer below; <see cref="NoParent"/> for none.</param>
public sealed record CacheConfigLayer(Digest Blob, int Parent)
{
    /// <summary>Nothing is below.</summary>
    public const int NoParent = -1;

    /// <summary>What a manifest would say of the blob; null where there is a manifest.</summary>
    public CacheLayerAnnotations? Annotations { get; init; }
}
