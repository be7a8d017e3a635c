using Cairn.Snapshotter.Layers;

namespace Cairn.Snapshotter.Additional;

/// <summary>A layer of an additional store that can be used now. <see cref="AdditionalStores.Enter"/> makes it a layer of this store.</summary>
/// <param name="Store">Whose directory it is.</param>
/// <param name="Original">Its id there.</param>
/// <param name="Usage">What it takes there.</param>
/// <param name="Family">Layers there that may have files in common with it, itself included; empty if there is none.</param>
public sealed record AdditionalLayer(AdditionalStore Store, LayerId Original, LayerUsage Usage, IReadOnlyList<LayerId> Family);
