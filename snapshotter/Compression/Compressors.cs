using System.IO.Compression;
using Cairn.Llb;
using Cairn.Snapshotter.Native;

namespace Cairn.Snapshotter.Compression;

/// <summary>Codecs. The same content gives the same bytes whatever the number of cores.</summary>
public static class Compressors
{
    private const int LongestMark = 6;

    /// <summary>A stream that compresses what is written to it into <paramref name="sink"/>. Disposing it writes the end; the sink stays open.</summary>
    /// <param name="sink">Takes the compressed bytes.</param>
    /// <param name="kind">Uncompressed, gzip or zstd.</param>
    /// <param name="level">0 to 9 for gzip, 1 to 22 for zstd; null for the default (6, 3).</param>
    /// <exception cref="BuildException">The level is out of range, the codec is only read, or its library is missing.</exception>
    public static Stream Compress(Stream sink, CompressionKind kind, int? level) => kind switch
    {
        CompressionKind.Uncompressed => new UndisposedStream(sink),
        CompressionKind.Gzip => new GzipBlockStream(sink, Level(kind, level ?? 6, 0, 9)),
        CompressionKind.Zstd => WithLibrary(() => new ZstdEncodingStream(sink, Level(kind, level ?? 3, 1, 22)), "libzstd1"),
        _ => throw new BuildException(ErrorKind.Input, "compress", kind.ToString(), "this format can only be read"),
    };

    /// <summary>A stream of the uncompressed bytes of <paramref name="source"/>, which is closed with it.</summary>
    /// <exception cref="BuildException">The library of the codec is missing. Reading damaged data throws one, or InvalidDataException for gzip.</exception>
    public static Stream Decompress(Stream source, CompressionKind kind) => kind switch
    {
        CompressionKind.Uncompressed => source,
        CompressionKind.Gzip => new GZipStream(source, CompressionMode.Decompress),
        CompressionKind.Zstd => WithLibrary(() => new ZstdDecodingStream(source), "libzstd1"),
        CompressionKind.Xz => WithLibrary(() => new XzDecodingStream(source), "liblzma5"),
        CompressionKind.Bzip2 => WithLibrary(() => new Bzip2DecodingStream(source), "libbz2-1.0"),
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    /// <summary>A stream of the uncompressed bytes; the codec is told from the first bytes. The source is closed with it and need not seek.</summary>
    public static Stream Decompress(Stream source)
    {
        ArgumentNullException.ThrowIfNull(source);
        byte[] start = new byte[LongestMark];
        int length = source.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        return Decompress(new RejoinedStream(start.AsMemory(0, length), source), Detect(start.AsSpan(0, length)));
    }

    /// <summary>Codec that a file's first bytes (6 suffice) stand for.</summary>
    public static CompressionKind Detect(ReadOnlySpan<byte> start) => start switch
    {
        [0x1f, 0x8b, 0x08, ..] => CompressionKind.Gzip,
        [0x28, 0xb5, 0x2f, 0xfd, ..] => CompressionKind.Zstd,
        [>= 0x50 and <= 0x5f, 0x2a, 0x4d, 0x18, ..] => CompressionKind.Zstd,   // a skippable frame may come first
        [(byte)'B', (byte)'Z', (byte)'h', >= (byte)'1' and <= (byte)'9', ..] => CompressionKind.Bzip2,
        [0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0, ..] => CompressionKind.Xz,
        _ => CompressionKind.Uncompressed,
    };

    private static int Level(CompressionKind kind, int level, int lowest, int highest) => level >= lowest && level <= highest
        ? level
        : throw new BuildException(
            ErrorKind.Input, "compress", kind.ToString(), $"there is no level {level}", $"Levels are {lowest} to {highest}.");

    private static Stream WithLibrary(Func<Stream> open, string package)
    {
        try
        {
            return open();
        }
        catch (DllNotFoundException e)
        {
            throw new BuildException(
                ErrorKind.Environment, "load", package, "the library is missing", $"Run 'apt-get install {package}'.", e);
        }
    }
}
