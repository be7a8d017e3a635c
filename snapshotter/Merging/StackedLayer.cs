using Cairn.Snapshotter.Layers;

namespace Cairn.Snapshotter.Merging;

/// <summary>A layer in a list, with the directory that shows it there.</summary>
/// <param name="Layer">The layer.</param>
/// <param name="Directory">Its own change directory, or its twin.</param>
internal readonly record struct StackedLayer(LayerId Layer, string Directory)
{
    /// <summary>It is shown by its twin.</summary>
    public bool IsTwin => LayerTwin.IsTwin(Directory);

    /// <summary>Names what is shown: twice the layer's id, and one more for its twin.</summary>
    public long Key => (Layer.Value * 2) + (IsTwin ? 1 : 0);

    /// <summary>The layers of a list, bottom first.</summary>
    public static StackedLayer[] Of(UsedLayers used)
    {
        var stack = new StackedLayer[used.Layers.Count];
        for (int i = 0; i < stack.Length; i++)
        {
            stack[i] = new StackedLayer(used.Layers[i], used.Directories[i]);
        }
        return stack;
    }
}
