using System.Globalization;
using Cairn.Llb;
using Cairn.Snapshotter.Compression;

namespace Cairn.Cache.Refs;

/// <summary>One way to turn a layer into a blob.</summary>
/// <param name="Compression">The codec.</param>
/// <param name="Level">Its level, null for its default.</param>
/// <param name="ClampSeconds">Latest time in the tar, or null.</param>
internal readonly record struct BlobVariant(CompressionKind Compression, int? Level, long? ClampSeconds)
{
    public const string ClampMark = "@";

    /// <summary>The name in the table; the number at the front is raised when the bytes of a codec change.</summary>
    public string Name => string.Create(
        CultureInfo.InvariantCulture,
        $"1:{Compression}:{Level}{(ClampSeconds is { } clamp ? string.Create(CultureInfo.InvariantCulture, $"{ClampMark}{clamp}") : "")}");

    public string MediaType => Compression switch
    {
        CompressionKind.Gzip => MediaTypes.OciLayerGzip,
        CompressionKind.Zstd => MediaTypes.OciLayerZstd,
        _ => MediaTypes.OciLayer,
    };

    /// <summary>Reads a name; null if it is of another version.</summary>
    public static BlobVariant? TryParse(string name)
    {
        string[] parts = name.Split(ClampMark, 2);
        string[] fields = parts[0].Split(':');
        bool isWhole = fields.Length == 3 && fields[0] == "1";
        if (!isWhole || !Enum.TryParse(fields[1], out CompressionKind compression))
        {
            return null;
        }
        var variant = new BlobVariant(
            compression, fields[2].Length == 0 ? null : int.Parse(fields[2], CultureInfo.InvariantCulture),
            parts.Length == 1 ? null : long.Parse(parts[1], CultureInfo.InvariantCulture));
        return variant.Name == name ? variant : null;
    }

    /// <summary>The compression that a media type tells, of either family.</summary>
    public static CompressionKind CompressionOf(string mediaType) =>
        mediaType.EndsWith("gzip", StringComparison.Ordinal) ? CompressionKind.Gzip
        : mediaType.EndsWith("zstd", StringComparison.Ordinal) ? CompressionKind.Zstd
        : CompressionKind.Uncompressed;
}
