using System.Globalization;
using Cairn.Llb;
using Cairn.Snapshotter.Compression;

namespace Cairn.Solver.Exporters;

/// <summary>What the attributes of an image, oci or docker export ask for.</summary>
internal sealed record ImageExportOptions
{
    private const string AnyName = "*";

    /// <summary>Names as given; see <see cref="NameFromResult"/>.</summary>
    public required IReadOnlyList<string> Names { get; init; }

    /// <summary>The names are those that the result itself has.</summary>
    public required bool NameFromResult { get; init; }

    public required bool Push { get; init; }

    public required bool PushByDigest { get; init; }

    public required bool Insecure { get; init; }

    public required bool Unpack { get; init; }

    /// <summary>One archive rather than a directory layout.</summary>
    public required bool Tar { get; init; }

    public required bool OciTypes { get; init; }

    public required bool PreferForeignLayers { get; init; }

    public required CompressionKind Compression { get; init; }

    public required int? Level { get; init; }

    public required bool ForceCompression { get; init; }

    /// <summary>Null: times in layers are clamped when there is an epoch, but layers of base images are left alone.</summary>
    public required bool? RewriteTimestamp { get; init; }

    public required SourceDateEpoch Epoch { get; init; }

    public required IReadOnlyList<ImageAnnotation> Annotations { get; init; }

    /// <summary>Attributes of no meaning here; they count as metadata of the result.</summary>
    public required IReadOnlyDictionary<string, string> Metadata { get; init; }

    /// <exception cref="BuildException">Input: an attribute has a value that it cannot have, or two contradict each other.</exception>
    public static ImageExportOptions Parse(IReadOnlyDictionary<string, string> values)
    {
        var attributes = new ExportAttributes(values);
        foreach (string ignored in (string[])["store", "unsafe-internal-store-allow-incomplete", "dangling-name-prefix", "danging-name-empty-only", "name-canonical", "oci-artifact", "attestation-inline", "dest", "type"])
        {
            attributes.Text(ignored);
        }

        string name = attributes.Text("name") ?? "";
        (CompressionKind compression, int? level) = ReadCompression(attributes);
        var options = new ImageExportOptions
        {
            NameFromResult = name == AnyName,
            Names = name == AnyName ? [] : [.. name.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)],
            Push = attributes.Flag("push", emptyIsTrue: true) ?? false,
            PushByDigest = attributes.Flag("push-by-digest", emptyIsTrue: true) ?? false,
            Insecure = attributes.Flag("registry.insecure", emptyIsTrue: true) ?? false,
            Unpack = attributes.Flag("unpack", emptyIsTrue: true) ?? false,
            Tar = attributes.Flag("tar", emptyIsTrue: false) ?? true,
            OciTypes = attributes.Flag("oci-mediatypes", emptyIsTrue: true) ?? true,
            PreferForeignLayers = attributes.Flag("prefer-nondist-layers", emptyIsTrue: true) ?? false,
            Compression = compression,
            Level = level,
            ForceCompression = attributes.Flag("force-compression", emptyIsTrue: true) ?? false,
            RewriteTimestamp = attributes.Flag("rewrite-timestamp", emptyIsTrue: true),
            Epoch = SourceDateEpoch.FromAttribute(attributes.Text("source-date-epoch")),
            Annotations = [],
            Metadata = new SortedDictionary<string, string>(StringComparer.Ordinal),
        };
        return options.WithRest(attributes).Checked();
    }

    /// <summary>The codec that layers made here get, and its level.</summary>
    /// <exception cref="BuildException">Input: there is no such codec or level.</exception>
    public static (CompressionKind Kind, int? Level) ReadCompression(ExportAttributes attributes)
    {
        CompressionKind kind = ReadCompression(attributes.Text("compression"));
        return (kind, ReadLevel(attributes.Number("compression-level"), kind));
    }

    private ImageExportOptions WithRest(ExportAttributes attributes)
    {
        var annotations = new List<ImageAnnotation>();
        var metadata = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach ((string key, string value) in attributes.Rest)
        {
            if (ImageAnnotation.TryParse(key, value) is { } annotation)
            {
                annotations.Add(annotation);
            }
            else
            {
                metadata[key] = value;
            }
        }

        return this with { Annotations = annotations, Metadata = metadata };
    }

    private ImageExportOptions Checked()
    {
        if (!OciTypes && Compression == CompressionKind.Zstd)
        {
            throw ExportAttributes.Invalid("exporter option \"compression=zstd\" conflicts with \"oci-mediatypes=false\"");
        }

        if (RewriteTimestamp == true && Unpack)
        {
            throw ExportAttributes.Invalid("exporter option \"rewrite-timestamp\" conflicts with \"unpack\"");
        }

        return this;
    }

    private static CompressionKind ReadCompression(string? text) => text switch
    {
        null or "" or "gzip" => CompressionKind.Gzip,
        "uncompressed" => CompressionKind.Uncompressed,
        "zstd" => CompressionKind.Zstd,
        "estargz" => throw ExportAttributes.Invalid("compression type estargz is not supported; use gzip or zstd"),
        _ => throw ExportAttributes.Invalid($"unsupported compression type {text}"),
    };

    private static int? ReadLevel(int? level, CompressionKind kind)
    {
        int highest = kind == CompressionKind.Zstd ? 22 : 9;
        return level is null or >= 0 && !(level > highest)
            ? level
            : throw ExportAttributes.Invalid(string.Create(CultureInfo.InvariantCulture, $"compression-level {level} is not between 0 and {highest}"));
    }
}
