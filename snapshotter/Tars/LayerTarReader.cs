using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Trees;

namespace Cairn.Snapshotter.Tars;

/// <summary>Unpacks the tar of an OCI layer into a change directory.</summary>
public static class LayerTarReader
{
    /// <summary>Unpacks, with the layers below at hand.</summary>
    /// <param name="tar">Uncompressed archive; read to its end.</param>
    /// <param name="target">An empty change directory.</param>
    /// <param name="parents">Layers below, bottom first: for links to their files, and for directories that the archive does not describe.</param>
    /// <param name="snapshotter">Has the parents.</param>
    /// <param name="cancellationToken">Stops the work; the target is then incomplete.</param>
    /// <exception cref="Llb.BuildException">The archive is damaged, or names something that cannot be made.</exception>
    public static void Apply(
        Stream tar, StagedLayer target, IReadOnlyList<LayerId> parents, ISnapshotter snapshotter, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(parents);
        if (!Apply(tar, target, () => parents, snapshotter, cancellationToken) && parents.Count > 0)
        {
            target.TakeRootOf(parents[^1], snapshotter);
        }
        _ = target.Usage;   // measured here, so that nobody has to in the write turn
    }

    /// <summary>Unpacks, and asks for the layers below only if the archive needs them, at most once; the function may wait for them.</summary>
    /// <returns>
    /// The archive describes its root. If not, it is that of the layer below: see <see cref="StagedLayer.TakeRootOf"/>, which needs that
    /// layer only when this one is unpacked.
    /// </returns>
    public static bool Apply(
        Stream tar, StagedLayer target, Func<IReadOnlyList<LayerId>> parents, ISnapshotter snapshotter,
        CancellationToken cancellationToken)
    {
        using var reader = new TarReader(tar);
        using var below = new LayersBelow(parents, snapshotter);
        using var extraction = new TarExtraction(target.Tree.Root, TreePath.Root, cancellationToken) { Below = below };
        extraction.Run(reader);
        if (extraction.DescribesRoot)
        {
            LayerRoot.MarkUsual(target.Tree.Root);
        }
        return extraction.DescribesRoot;
    }

    // An archive of a whole layer of this store: it refers to nothing outside of itself.
    internal static void Apply(Stream tar, RootedTree target, CancellationToken cancellationToken)
    {
        using var reader = new TarReader(tar);
        using var nothing = new LayersBelow(static () => [], null);
        using var extraction = new TarExtraction(target.Root, TreePath.Root, cancellationToken) { Below = nothing };
        extraction.Run(reader);
    }
}
