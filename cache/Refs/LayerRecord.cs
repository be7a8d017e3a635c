using Cairn.Cache.Checksums;
using Cairn.Llb;
using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Manifests;

namespace Cairn.Cache.Refs;

/// <summary>One layer as the cache knows it; its directory may be absent as long as a blob or a recipe gives it.</summary>
public sealed class LayerRecord
{
    private long _directory;   // LayerId, 0 while absent; written once it is committed, read anywhere

    internal LayerRecord(long id, DateTimeOffset created, string description)
    {
        Id = id;
        Created = created;
        Description = description;
    }

    /// <summary>When it was made.</summary>
    public DateTimeOffset Created { get; }

    /// <summary>How it was made.</summary>
    public string Description { get; }

    /// <summary>Identity of an image's layer with all below it; null for a layer made here.</summary>
    public ChainId? ChainId { get; internal init; }

    /// <summary>The directory of changes, or null while the layer is not here.</summary>
    public LayerId? Directory => Volatile.Read(ref _directory) is not 0 and long id ? new LayerId(id) : null;

    /// <summary>Whether the directory is here.</summary>
    public bool IsLocal => Directory is not null;

    internal long Id { get; }

    /// <summary>The two sides of a computed difference, 0 for nothing; null for any other layer.</summary>
    internal (long Lower, long Upper)? Difference { get; init; }

    /// <summary>The filled directory while no row names it yet; guarded by the record that holds it.</summary>
    internal StagedLayer? Staged { get; set; }

    /// <summary>What is known of its content; set once, by whoever reads it first.</summary>
    internal LayerDigests? Digests { get; set; }

    /// <summary>
    /// What is known of the content of a layer that this one was made from by hard links, and the manifest of this one with its inodes; used
    /// when its digests are first asked for.
    /// </summary>
    internal (LayerDigests? Earlier, ChangeManifest Manifest)? Predecessor { get; set; }

    internal void SetDirectory(LayerId? layer) => Volatile.Write(ref _directory, layer?.Value ?? 0);
}
