using Cairn.Cache.Checksums;

namespace Cairn.Cache.Refs;

/// <summary>A position in the tree of layer lists, in memory while somebody claims it or something above it.</summary>
internal sealed class RefRecord
{
    private bool _published;

    public RefRecord(RefId id, RefRecord? parent, LayerRecord layer, RefKind kind, RefDescription description, DateTimeOffset created, bool published)
    {
        Id = id;
        Parent = parent;
        Layer = layer;
        Kind = kind;
        Description = description;
        Created = created;
        Depth = (parent?.Depth ?? 0) + 1;
        _published = published;
    }

    public RefId Id { get; }

    public RefRecord? Parent { get; }

    public LayerRecord Layer { get; }

    public RefKind Kind { get; }

    public RefDescription Description { get; }

    public DateTimeOffset Created { get; }

    /// <summary>Number of layers.</summary>
    public int Depth { get; }

    /// <summary>Claims in this process; guarded by the lock of <see cref="ClaimTable"/>.</summary>
    public int Claims { get; set; }

    /// <summary>Whether its rows are committed; set once, in the write turn.</summary>
    public bool IsPublished
    {
        get => Volatile.Read(ref _published);
        set => Volatile.Write(ref _published, value);
    }

    /// <summary>The tree of digests of all layers, once somebody needed it.</summary>
    public TreeNode? Tree { get; set; }

    /// <summary>All layers, bottom first.</summary>
    public LayerRecord[] Layers()
    {
        var layers = new LayerRecord[Depth];
        for (RefRecord? at = this; at is not null; at = at.Parent)
        {
            layers[at.Depth - 1] = at.Layer;
        }
        return layers;
    }
}
