using Cairn.Snapshotter.Layers;

namespace Cairn.Snapshotter.Additional;

/// <summary>A layer of an additional store that can be used now. <see cref="AdditionalStores.Enter"/> makes it a layer of this store.</summary>
public sealed class AdditionalLayer
{
    internal AdditionalLayer(AdditionalStore store, LayerOrigin origin, IReadOnlyList<LayerId> family)
    {
        Store = store;
        Origin = origin;
        Family = family;
    }

    /// <summary>Whose directory it is.</summary>
    public AdditionalStore Store { get; }

    /// <summary>What this store will know of it.</summary>
    internal LayerOrigin Origin { get; }

    /// <summary>Layers there that may have files in common with it, itself included; empty if there is none.</summary>
    internal IReadOnlyList<LayerId> Family { get; }
}
