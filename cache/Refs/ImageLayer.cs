using Cairn.Llb;

namespace Cairn.Cache.Refs;

/// <summary>One layer of an image, as its manifest and configuration name it.</summary>
/// <param name="Blob">The compressed layer.</param>
/// <param name="DiffId">Digest of its uncompressed tar.</param>
/// <param name="Source">Where the blob can be had.</param>
public sealed record ImageLayer(Descriptor Blob, DiffId DiffId, BlobSource Source)
{
    /// <summary>When the image's author made the layer, if the image tells.</summary>
    public DateTimeOffset? Created { get; init; }

    /// <summary>How the image's author made the layer, if the image tells.</summary>
    public string? Description { get; init; }
}
