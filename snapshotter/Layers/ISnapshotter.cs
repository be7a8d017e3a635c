using Cairn.Llb;
using Cairn.Snapshotter.Manifests;
using Cairn.Snapshotter.Merging;
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

    /// <summary>How the files of several layers get into one tree.</summary>
    MergeStrategy Strategy { get; }

    /// <summary>How many files took the next best way into a tree since the store was opened, by reason.</summary>
    IReadOnlyDictionary<Fallback, long> Fallbacks { get; }

    /// <summary>What each layer changes.</summary>
    LayerManifests Manifests { get; }

    /// <summary>A writable tree over the layers; what is written becomes a layer by <see cref="ActiveSnapshot.Freeze"/>.</summary>
    /// <exception cref="BuildException">A layer is missing, or there are more layers than one mount can have.</exception>
    ActiveSnapshot Prepare(IReadOnlyList<LayerId> lowers, CancellationToken cancellationToken);

    /// <summary>A read-only tree of the layers. Their files stay while it lives.</summary>
    /// <exception cref="BuildException">A layer is missing, or there are more layers than one mount can have.</exception>
    SnapshotView View(IReadOnlyList<LayerId> layers, CancellationToken cancellationToken);

    /// <summary>An empty change directory to fill directly.</summary>
    StagedLayer Stage();

    /// <summary>
    /// A directory of the tree of some layers as a layer of its own, at another place, without mounting the tree; regular files are links
    /// to the layers' files where that is allowed.
    /// </summary>
    /// <param name="layers">Layers of the tree.</param>
    /// <param name="source">Absolute path of a directory in it; symbolic links are not followed.</param>
    /// <param name="destination">Absolute path that it gets; directories on the way belong to root and have mode 0755.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <exception cref="BuildException">There is no such directory.</exception>
    StagedLayer StageSubtree(IReadOnlyList<LayerId> layers, string source, string destination, CancellationToken cancellationToken);

    /// <summary>What turns the tree of <paramref name="lower"/> into the tree of <paramref name="upper"/>, with whiteouts for what is gone.</summary>
    StagedLayer Diff(IReadOnlyList<LayerId> lower, IReadOnlyList<LayerId> upper, CancellationToken cancellationToken);

    /// <summary>What a layer takes on disk, as measured when it was published.</summary>
    /// <exception cref="BuildException">There is no such layer.</exception>
    LayerUsage Usage(LayerId layer);

    /// <summary>The layer has a row and a directory.</summary>
    bool Exists(LayerId layer);

    /// <summary>Directory of a layer's changes, for who holds it by <see cref="Use"/> or a tree; only to be read.</summary>
    /// <exception cref="BuildException">The layer lies in an additional store that is not there or does not have it.</exception>
    string ChangesDirectory(LayerId layer);

    /// <summary>As <see cref="ChangesDirectory"/>; null if the directory is not there.</summary>
    string? TryChangesDirectory(LayerId layer);

    /// <summary>
    /// Keeps layers from being deleted while they are read, and says where their files are. Cheap: a lock per layer, no mount.
    /// </summary>
    /// <exception cref="BuildException">A layer is missing.</exception>
    UsedLayers Use(IReadOnlyList<LayerId> layers);

    /// <summary>Removes a layer that no snapshot uses any more; its files are deleted after the commit, outside every lock.</summary>
    /// <param name="transaction">The write turn it happens in.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="force">
    /// Also if a process is reading it: the row and the name go now, the files when the last reader has ended.
    /// </param>
    /// <returns>False if there is no such layer any more.</returns>
    /// <exception cref="BuildException">A process is reading it, and <paramref name="force"/> is not set; the message says which.</exception>
    bool Remove(WriteTransaction transaction, LayerId layer, bool force);
}
