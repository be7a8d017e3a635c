using Cairn.Snapshotter.Layers;

namespace Cairn.Snapshotter.Merging;

/// <summary>
/// Flattens what is listed into one directory, kept for whoever lists the same. What a longer list has in common with flattened ones is not
/// done again: only the layers that are new go into a directory of their own.
/// </summary>
/// <param name="kind">How files get there.</param>
/// <param name="runs">The flattened runs, made in that way.</param>
internal sealed class FlattenStrategy(MergeStrategy kind, FlattenedRuns runs) : IMergeStrategy
{
    /// <inheritdoc/>
    public MergeStrategy Kind => kind;

    /// <inheritdoc/>
    public IReadOnlyList<string> Merge(UsedLayers layers, CancellationToken cancellationToken)
    {
        if (layers.Layers.Count < 2)
        {
            return layers.Directories;
        }
        runs.Make(layers, StackPlan.Stretches(runs.Cover(StackedLayer.Of(layers))), cancellationToken);
        return runs.Hold(layers);
    }
}
