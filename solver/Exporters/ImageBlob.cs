using Cairn.Cache.Refs;
using Cairn.Llb;

namespace Cairn.Solver.Exporters;

/// <summary>One blob of an image: a document with its bytes, or a layer that the cache has or can get.</summary>
/// <param name="Descriptor">As the image's documents name it.</param>
/// <param name="Bytes">Of a manifest, index or config; null for a layer.</param>
/// <param name="Layer">Of a layer; null for a document.</param>
internal sealed record ImageBlob(Descriptor Descriptor, ReadOnlyMemory<byte>? Bytes, LayerBlob? Layer)
{
    public bool IsManifest => Bytes is not null && (MediaTypes.IsManifest(Descriptor.MediaType) || MediaTypes.IsIndex(Descriptor.MediaType));
}
