using Cairn.Snapshotter.Compression;

namespace Cairn.Cache.Refs;

/// <summary>How layers become blobs.</summary>
public sealed record BlobChainOptions
{
    /// <summary>Compression of layers made here.</summary>
    public CompressionKind Compression { get; init; } = CompressionKind.Gzip;

    /// <summary>Level of the codec; null is its default.</summary>
    public int? Level { get; init; }

    /// <summary>Whether layers that came as blobs are compressed anew when their compression differs.</summary>
    public bool Force { get; init; }

    /// <summary>No time in the tar is later than this, in seconds since 1970; null leaves times alone.</summary>
    public long? ClampSeconds { get; init; }

    /// <summary>How many layers, from the bottom, are not clamped: those of the base image.</summary>
    public int KeepLeading { get; init; }
}
