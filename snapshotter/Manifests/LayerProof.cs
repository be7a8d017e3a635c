using Blake3;
using Cairn.Snapshotter.Layers;

namespace Cairn.Snapshotter.Manifests;

/// <summary>What a layer's row vouches for.</summary>
/// <param name="Layer">The layer.</param>
/// <param name="Manifest">Hash of its file <c>manifest</c>; null for a layer of an older program that nobody has needed the manifest of.</param>
/// <param name="Contents">Hash of its file <c>contents</c>; null while nobody has recorded what is in its files.</param>
public sealed record LayerProof(LayerId Layer, Hash? Manifest, Hash? Contents);
