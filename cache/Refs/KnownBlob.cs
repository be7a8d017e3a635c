using Cairn.Llb;

namespace Cairn.Cache.Refs;

/// <summary>One row of a layer's blobs.</summary>
/// <param name="Variant">Empty for a blob that the layer came with, else codec, level and clamp.</param>
/// <param name="Descriptor">The blob.</param>
/// <param name="DiffId">Digest of its uncompressed tar.</param>
/// <param name="IsLocal">Whether its bytes are in the store.</param>
internal sealed record KnownBlob(string Variant, Descriptor Descriptor, DiffId DiffId, bool IsLocal)
{
    public bool IsOriginal => Variant.Length == 0;
}
