namespace Cairn.Llb;

/// <summary>What a manifest says of a blob.</summary>
/// <param name="MediaType">See <see cref="MediaTypes"/>.</param>
/// <param name="Digest">Of the blob's bytes as they are stored.</param>
/// <param name="Size">Of the blob, in bytes.</param>
/// <remarks>Source: OCI image-spec, descriptor.md. The field <c>urls</c> is not kept.</remarks>
public sealed record Descriptor(string MediaType, Digest Digest, long Size)
{
    /// <summary>Annotations by key, in ordinal order; empty when there are none.</summary>
    public IReadOnlyDictionary<string, string> Annotations { get; init; } = Empty;

    /// <summary>The platform of the image, on manifests in an index.</summary>
    public Platform? Platform { get; init; }

    private static SortedDictionary<string, string> Empty { get; } = new(StringComparer.Ordinal);

    /// <summary>This descriptor with one annotation set.</summary>
    public Descriptor WithAnnotation(string key, string value)
    {
        var annotations = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach ((string oldKey, string oldValue) in Annotations)
        {
            annotations[oldKey] = oldValue;
        }

        annotations[key] = value;
        return this with { Annotations = annotations };
    }

    /// <summary>Same blob, said in the same words: annotations and platform count, the order of annotations does not.</summary>
    public bool Equals(Descriptor? other) =>
        other is not null && MediaType == other.MediaType && Digest == other.Digest && Size == other.Size
        && Equals(Platform, other.Platform) && Annotations.Count == other.Annotations.Count
        && Annotations.All(pair => other.Annotations.TryGetValue(pair.Key, out string? value) && value == pair.Value);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(MediaType, Digest, Size);
}
