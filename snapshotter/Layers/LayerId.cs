using System.Globalization;

namespace Cairn.Snapshotter.Layers;

/// <summary>Names a published layer of one store; never used again after the layer is removed.</summary>
/// <param name="Value">Key of its row.</param>
public readonly record struct LayerId(long Value)
{
    /// <summary>The number in decimal.</summary>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
