namespace Cairn.Snapshotter.Compression;

/// <summary>Codecs. The same content gives the same bytes whatever the number of cores.</summary>
public static class Compressors
{
    /// <summary>A stream that compresses what is written to it into <paramref name="sink"/>. Disposing it writes the end; the sink stays open.</summary>
    /// <param name="sink">Takes the compressed bytes.</param>
    /// <param name="kind">Uncompressed, gzip or zstd.</param>
    /// <param name="level">0 to 9 for gzip, 1 to 22 for zstd; null for the default (6, 3).</param>
    public static Stream Compress(Stream sink, CompressionKind kind, int? level) => throw new NotImplementedException();

    /// <summary>A stream of the uncompressed bytes of <paramref name="source"/>, which is closed with it.</summary>
    public static Stream Decompress(Stream source, CompressionKind kind) => throw new NotImplementedException();

    /// <summary>A stream of the uncompressed bytes; the codec is told from the first bytes. The source is closed with it and need not seek.</summary>
    public static Stream Decompress(Stream source) => throw new NotImplementedException();

    /// <summary>Codec that a file's first bytes (6 suffice) stand for.</summary>
    public static CompressionKind Detect(ReadOnlySpan<byte> start) => throw new NotImplementedException();
}
