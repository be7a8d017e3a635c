using Cairn.Llb;

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

    /// <summary>Refuses a list that one mount cannot have.</summary>
    public static void CheckCount(int count, int limit)
    {
        if (count > limit)
        {
            throw new BuildException(
                ErrorKind.Environment, "mount snapshot", "", $"it has {count} layers, and one mount takes at most {limit}",
                "Use fewer steps, or join some of them.");
        }
    }
}
