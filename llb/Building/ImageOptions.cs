namespace Cairn.Llb.Building;

/// <summary>How an image source is resolved.</summary>
public sealed record ImageOptions
{
    /// <summary>Remote or local lookup.</summary>
    public ImageResolveMode ResolveMode { get; init; }

    /// <summary>Kind of the cache record: "internal", "frontend", or null for regular.</summary>
    public string? RecordType { get; init; }

    /// <summary>Use only the lowest layers, this many; null for all.</summary>
    public int? LayerLimit { get; init; }

    /// <summary>The digest that the reference must resolve to.</summary>
    public Digest? Checksum { get; init; }
}
