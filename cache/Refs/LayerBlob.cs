using Cairn.Llb;

namespace Cairn.Cache.Refs;

/// <summary>One layer as an exporter needs it.</summary>
/// <param name="Descriptor">The compressed tar; the media type is the one it came with, of the OCI family when it was made here.</param>
/// <param name="DiffId">Digest of the uncompressed tar.</param>
public sealed record LayerBlob(Descriptor Descriptor, DiffId DiffId)
{
    /// <summary>When the layer was made, if known.</summary>
    public DateTimeOffset? CreatedAt { get; init; }

    /// <summary>How the layer was made, if known.</summary>
    public string? Description { get; init; }

    /// <summary>Where else the blob is known to be, best first; empty for a layer made here.</summary>
    public IReadOnlyList<BlobSource> Sources { get; init; } = [];

    /// <summary>Whether the bytes are in this store; otherwise <see cref="Blobs.BlobStore.OpenAsync"/> fetches them.</summary>
    public bool IsLocal { get; init; }
}
