using Cairn.Llb;

namespace Cairn.Cache.Remote;

/// <summary>A layer's blob, where the document of the cache is the only place to say it.</summary>
/// <param name="Blob">Media type, digest and size.</param>
/// <param name="DiffId">Digest of the uncompressed tar.</param>
/// <param name="CreatedAt">When the layer was made; null if that is not known.</param>
public sealed record CacheLayerAnnotations(Descriptor Blob, DiffId DiffId, DateTimeOffset? CreatedAt);
