using Cairn.Llb;
using Cairn.Snapshotter.Store;

namespace Cairn.Snapshotter.Layers;

/// <summary>
/// Makes trees from layers and layers from trees. A snapshot is a list of layers, bottom first; in a list, a layer that occurs more than
/// once counts only where it occurs last.
/// </summary>
public interface ISnapshotter
{
    /// <summary>"overlay" or "native".</summary>
    string Driver { get; }

    /// <summary>A writable tree over the layers; what is written becomes a layer by <see cref="ActiveSnapshot.Freeze"/>.</summary>
    /// <exception cref="BuildException">A layer is missing, or there are more layers than one mount can have.</exception>
    ActiveSnapshot Prepare(IReadOnlyList<LayerId> lowers);

    /// <summary>A read-only tree of the layers. The caller keeps them from being removed while it lives.</summary>
    /// <exception cref="BuildException">A layer is missing, or there are more layers than one mount can have.</exception>
    SnapshotView View(IReadOnlyList<LayerId> layers);

    /// <summary>An empty change directory to fill directly.</summary>
    StagedLayer Stage();

    /// <summary>What turns the tree of <paramref name="lower"/> into the tree of <paramref name="upper"/>, with whiteouts for what is gone.</summary>
    StagedLayer Diff(IReadOnlyList<LayerId> lower, IReadOnlyList<LayerId> upper, CancellationToken cancellationToken);

    /// <summary>What a layer takes on disk, as measured when it was published.</summary>
    /// <exception cref="BuildException">There is no such layer.</exception>
    LayerUsage Usage(LayerId layer);

    /// <summary>The layer has a row and a directory.</summary>
    bool Exists(LayerId layer);

    /// <summary>Directory of a layer's changes; whoever gets it only reads.</summary>
    /// <exception cref="BuildException">The layer lies in an additional store that is not there or does not have it.</exception>
    string ChangesDirectory(LayerId layer);

    /// <summary>As <see cref="ChangesDirectory"/>; null if the directory is not there.</summary>
    string? TryChangesDirectory(LayerId layer);

    /// <summary>Removes a layer that no snapshot uses any more; its files are deleted after the commit, outside every lock.</summary>
    void Remove(WriteTransaction transaction, LayerId layer);
}
