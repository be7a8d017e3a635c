using System.Globalization;

namespace Cairn.Snapshotter.Layers;

/// <summary>Names a published layer of one store; never used again after the layer is removed.</summary>
/// <param name="Value">Key of its row; below zero for a layer whose files lie in an additional store.</param>
public readonly record struct LayerId(long Value)
{
    /// <summary>Its files lie in an additional store.</summary>
    public bool IsAdditional => Value < 0;

    /// <summary>The number in decimal.</summary>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
