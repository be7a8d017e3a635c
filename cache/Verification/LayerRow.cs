using Cairn.Llb;
using Cairn.Snapshotter.Layers;

namespace Cairn.Cache.Verification;

/// <summary>A layer with a directory, as the index has it.</summary>
/// <param name="Layer">Its directory.</param>
/// <param name="CacheLayer">Its row in the cache; 0 if it has none.</param>
/// <param name="Description">What a person sees of it.</param>
/// <param name="MadeDiffId">Digest of the tar that was made of its directory here; null if none was.</param>
internal sealed record LayerRow(LayerId Layer, long CacheLayer, string Description, Digest? MadeDiffId)
{
    public string Subject => Description.Length == 0 ? $"layer {Layer}" : $"layer {Layer} ({Description})";
}
