using Cairn.Llb;
using Cairn.Snapshotter.Native;

namespace Cairn.Snapshotter.Layers;

/// <summary>Lists of layers, bottom first.</summary>
internal static class LayerList
{
    /// <summary>The same tree with each layer once: where it occurs last, because there it decides.</summary>
    public static IReadOnlyList<LayerId> Normalise(IReadOnlyList<LayerId> layers)
    {
        var seen = new HashSet<LayerId>();
        var result = new List<LayerId>(layers.Count);
        for (int i = layers.Count - 1; i >= 0; i--)
        {
            if (seen.Add(layers[i]))
            {
                result.Add(layers[i]);
            }
        }
        result.Reverse();
        return result;
    }

    /// <summary>Refuses a list that one mount cannot have, whatever is flattened.</summary>
    /// <param name="count">Layers.</param>
    /// <param name="places">Directories that they take in a mount.</param>
    public static void CheckCount(int count, int places)
    {
        if (places > Mounts.MaxLowers)
        {
            throw new BuildException(
                ErrorKind.Environment, "mount snapshot", "", $"its {count} layers take {places} directories, and a mount takes {Mounts.MaxLowers}",
                "Use fewer steps, or join some of them.");
        }
    }
}
