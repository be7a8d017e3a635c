namespace Cairn.Snapshotter.Layers;

/// <summary>Trees for callers that have nothing to cancel them by: with the overlay driver they are one mount.</summary>
public static class UncancelledTrees
{
    /// <inheritdoc cref="ISnapshotter.Prepare"/>
    public static ActiveSnapshot Prepare(this ISnapshotter snapshotter, IReadOnlyList<LayerId> lowers)
    {
        ArgumentNullException.ThrowIfNull(snapshotter);
        return snapshotter.Prepare(lowers, CancellationToken.None);
    }

    /// <inheritdoc cref="ISnapshotter.View"/>
    public static SnapshotView View(this ISnapshotter snapshotter, IReadOnlyList<LayerId> layers)
    {
        ArgumentNullException.ThrowIfNull(snapshotter);
        return snapshotter.View(layers, CancellationToken.None);
    }
}
