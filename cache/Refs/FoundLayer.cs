using Cairn.Snapshotter.Additional;

namespace Cairn.Cache.Refs;

/// <summary>One position of a ref of an additional store, with its layer.</summary>
/// <param name="Ref">Id of the position there.</param>
/// <param name="Kind">How it came to be.</param>
/// <param name="Named">Somebody asked for it.</param>
/// <param name="Description">What a person sees of it.</param>
/// <param name="Created">When it was made.</param>
/// <param name="Layer">The layer, as it would be here.</param>
/// <param name="DiffId">Digest of its uncompressed tar, if known.</param>
internal sealed record FoundLayer(
    RefId Ref, RefKind Kind, bool Named, RefDescription Description, DateTimeOffset Created, LayerRecord Layer, string? DiffId)
{
    /// <summary>Its directory; null if only blobs are there.</summary>
    public AdditionalLayer? Directory { get; init; }

    /// <summary>Blobs that are known for it, with the places where they can be had.</summary>
    public IReadOnlyList<(KnownBlob Blob, IReadOnlyList<BlobSource> Sources)> Blobs { get; init; } = [];
}
