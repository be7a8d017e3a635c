using Cairn.Snapshotter.Layers;

namespace Cairn.Snapshotter.Additional;

/// <summary>What this store knows of a layer that lies in another one.</summary>
/// <param name="Store">Id of the other store.</param>
/// <param name="Original">The layer's id there.</param>
/// <param name="Usage">What it takes there.</param>
internal sealed record LayerOrigin(string Store, LayerId Original, LayerUsage Usage);
