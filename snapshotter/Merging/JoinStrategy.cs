using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Native;

namespace Cairn.Snapshotter.Merging;

/// <summary>
/// Joins the layers' own directories. A list longer than the limit is joined all the same, and its older layers are flattened once behind
/// the scenes, for the mounts to come; what the kernel does not take is flattened first.
/// </summary>
/// <param name="runs">The flattened runs.</param>
/// <param name="limit">Most directories in a mount that are joined without a second thought.</param>
internal sealed class JoinStrategy(FlattenedRuns runs, int limit) : IMergeStrategy
{
    private const int LongestStride = 64;

    /// <inheritdoc/>
    public MergeStrategy Kind => MergeStrategy.Join;

    /// <inheritdoc/>
    public IReadOnlyList<string> Merge(UsedLayers layers, CancellationToken cancellationToken)
    {
        if (layers.Layers.Count <= limit)
        {
            return layers.Directories;
        }
        int stride = Math.Clamp(limit / 2, 2, LongestStride);
        List<StackSegment> cover = runs.Cover(StackedLayer.Of(layers));
        if (cover.Count > Mounts.MaxLowers)
        {
            runs.Make(layers, StackPlan.Missing(cover, limit, stride), cancellationToken);
        }
        else if (cover.Count > limit)
        {
            runs.MakeInBackground(layers.Layers, StackPlan.Missing(cover, limit, stride));
        }
        return runs.Hold(layers);
    }
}
