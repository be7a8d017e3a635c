using System.Text.Json.Nodes;
using Cairn.Llb;
using Cairn.Solver.Images;

namespace Cairn.Solver.Exporters;

/// <summary>Names and documents of an image layout.</summary>
/// <remarks>Source: OCI image-spec, image-layout.md; docker save's manifest.json.</remarks>
internal static class OciLayout
{
    public const string ImageNameKey = "io.containerd.image.name";
    public const string RefNameKey = "org.opencontainers.image.ref.name";

    /// <summary>Content of <c>oci-layout</c>.</summary>
    public static byte[] Marker { get; } = "{\"imageLayoutVersion\":\"1.0.0\"}"u8.ToArray();

    public static string BlobPath(Digest digest) => $"blobs/{digest.Algorithm}/{digest.Hex}";

    /// <summary>Content of <c>index.json</c>: one entry per name, or one without a name.</summary>
    public static byte[] Index(Descriptor top, IReadOnlyList<ImageReference> names) =>
        ManifestWriter.Index(MediaTypes.OciIndex, Entries(top, names), new Dictionary<string, string>(), compact: true);

    public static IReadOnlyList<Descriptor> Entries(Descriptor top, IReadOnlyList<ImageReference> names) => names.Count == 0
        ? [top]
        : [.. names.Select(name => top.WithAnnotation(ImageNameKey, name.ToString()).WithAnnotation(RefNameKey, name.Tag ?? name.ToString()))];

    /// <summary>Content of <c>manifest.json</c>, which docker load reads.</summary>
    public static byte[] DockerManifest(AssembledImage image, IReadOnlyList<ImageReference> names) => ImageJson.Compact(new JsonArray(new JsonObject
    {
        ["Config"] = BlobPath(image.Config!.Digest),
        ["RepoTags"] = names.Count == 0 ? null : new JsonArray([.. names.Select(name => (JsonNode)name.Familiar)]),
        ["Layers"] = new JsonArray([.. image.Layers.Select(layer => (JsonNode)BlobPath(layer.Digest))]),
    }));
}
