using Cairn.Llb;
using Cairn.Snapshotter.Manifests;
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

    /// <summary>What each layer changes.</summary>
    LayerManifests Manifests { get; }

    /// <summary>A writable tree over the layers; what is written becomes a layer by <see cref="ActiveSnapshot.Freeze"/>.</summary>
    /// <exception cref="BuildException">A layer is missing, or there are more layers than one mount can have.</exception>
    ActiveSnapshot Prepare(IReadOnlyList<LayerId> lowers);

    /// <summary>A read-only tree of the layers. Their files stay while it lives.</summary>
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

    /// <summary>Directory of a layer's changes, for who holds it by <see cref="Use"/> or a tree; only to be read.</summary>
    string ChangesDirectory(LayerId layer);

    /// <summary>
    /// Keeps layers from being deleted while they are read, and says where their files are. Cheap: a lock per layer, no mount.
    /// </summary>
    /// <exception cref="BuildException">A layer is missing.</exception>
    UsedLayers Use(IReadOnlyList<LayerId> layers);

    /// <summary>Removes a layer that no snapshot uses any more; its files are deleted after the commit, outside every lock.</summary>
    /// <param name="transaction">The write turn it happens in.</param>
    /// <param name="layer">The layer; one that is gone already is fine.</param>
    /// <param name="force">
    /// Also if a process is reading it: the row and the name go now, the files when the last reader has ended.
    /// </param>
    /// <exception cref="BuildException">A process is reading it, and <paramref name="force"/> is not set; the message says which.</exception>
    void Remove(WriteTransaction transaction, LayerId layer, bool force);
}
