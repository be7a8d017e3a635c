namespace Cairn.Snapshotter.Compression;

/// <summary>How a blob is compressed.</summary>
public enum CompressionKind
{
    /// <summary>Not at all.</summary>
    Uncompressed,

    /// <summary>Gzip, RFC 1952.</summary>
    Gzip,

    /// <summary>Zstandard, RFC 8878.</summary>
    Zstd,

    /// <summary>Bzip2; only read.</summary>
    Bzip2,

    /// <summary>Xz; only read.</summary>
    Xz,
}
