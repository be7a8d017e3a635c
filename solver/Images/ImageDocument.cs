using System.Text.Json;
using Cairn.Llb;

namespace Cairn.Solver.Images;

/// <summary>Reading of manifests and indexes.</summary>
/// <remarks>Source: OCI image-spec, manifest.md, image-index.md, descriptor.md; docker's image manifest version 2, schema 2.</remarks>
public static class ImageDocument
{
    /// <summary>Reads a manifest or an index.</summary>
    /// <param name="bytes">The document.</param>
    /// <param name="declared">Media type that the place it comes from declares; the document's own has priority. May be empty.</param>
    /// <param name="subject">The image, for errors.</param>
    /// <returns>Exactly one of the two.</returns>
    /// <exception cref="BuildException">It is neither.</exception>
    public static (ImageManifest? Manifest, ImageIndex? Index) Read(ReadOnlyMemory<byte> bytes, string declared, string subject)
    {
        ArgumentNullException.ThrowIfNull(declared);
        try
        {
            using JsonDocument document = JsonDocument.Parse(bytes);
            JsonElement root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
            {
                throw Malformed(subject, "it is no JSON object", null);
            }

            string mediaType = Text(root, "mediaType") is { Length: > 0 } own ? own : declared;
            if (root.TryGetProperty("schemaVersion", out JsonElement version) && version.ValueKind == JsonValueKind.Number && version.TryGetInt32(out int number) && number == 1)
            {
                throw Malformed(subject, "it has the old format schema 1, which is not supported", null);
            }

            bool hasManifests = root.TryGetProperty("manifests", out JsonElement manifests) && manifests.ValueKind == JsonValueKind.Array;
            bool hasConfig = root.TryGetProperty("config", out JsonElement config) && config.ValueKind == JsonValueKind.Object;
            if (hasManifests && !hasConfig)
            {
                return (null, new ImageIndex(IsKnown(mediaType) ? mediaType : MediaTypes.OciIndex, ReadDescriptors(manifests, subject)));
            }

            if (hasConfig && !hasManifests)
            {
                IReadOnlyList<Descriptor> layers = root.TryGetProperty("layers", out JsonElement list) && list.ValueKind == JsonValueKind.Array ? ReadDescriptors(list, subject) : [];
                return (new ImageManifest(IsKnown(mediaType) ? mediaType : MediaTypes.OciManifest, ReadDescriptor(config, subject), layers), null);
            }

            throw Malformed(subject, "it is neither a manifest nor an index", null);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)   // the latter for a text that is no Unicode
        {
            throw Malformed(subject, "it is no JSON", e);
        }
    }

    /// <summary>Reads one descriptor.</summary>
    /// <exception cref="BuildException">It is none.</exception>
    public static Descriptor ReadDescriptor(string json)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            return ReadDescriptor(document.RootElement, "descriptor");
        }
        catch (JsonException e)
        {
            throw Malformed("descriptor", "it is no JSON", e);
        }
    }

    internal static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    internal static Platform? ReadPlatform(JsonElement element)
    {
        if (Text(element, "os") is not { Length: > 0 } os || Text(element, "architecture") is not { Length: > 0 } architecture)
        {
            return null;
        }

        string[] features = element.TryGetProperty("os.features", out JsonElement list) && list.ValueKind == JsonValueKind.Array
            ? [.. list.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.String).Select(item => item.GetString()!)]
            : [];
        return Platform.Create(os, architecture, Text(element, "variant") ?? "", Text(element, "os.version") ?? "", features);
    }

    private static bool IsKnown(string mediaType) => mediaType.Length > 0 && mediaType.Contains("json", StringComparison.Ordinal);

    private static List<Descriptor> ReadDescriptors(JsonElement list, string subject) => [.. list.EnumerateArray().Select(item => ReadDescriptor(item, subject))];

    private static Descriptor ReadDescriptor(JsonElement element, string subject)
    {
        if (element.ValueKind != JsonValueKind.Object
            || !Digest.TryParse(Text(element, "digest"), out Digest digest)
            || !element.TryGetProperty("size", out JsonElement size)
            || size.ValueKind != JsonValueKind.Number
            || !size.TryGetInt64(out long bytes)
            || bytes < 0)
        {
            throw Malformed(subject, "a descriptor in it has no valid digest or size", null);
        }

        return new Descriptor(Text(element, "mediaType") ?? "", digest, bytes)
        {
            Annotations = ReadAnnotations(element),
            Platform = element.TryGetProperty("platform", out JsonElement platform) && platform.ValueKind == JsonValueKind.Object ? ReadPlatform(platform) : null,
        };
    }

    private static SortedDictionary<string, string> ReadAnnotations(JsonElement element)
    {
        var annotations = new SortedDictionary<string, string>(StringComparer.Ordinal);
        if (!element.TryGetProperty("annotations", out JsonElement members) || members.ValueKind != JsonValueKind.Object)
        {
            return annotations;
        }

        foreach (JsonProperty member in members.EnumerateObject().Where(member => member.Value.ValueKind == JsonValueKind.String))
        {
            annotations[member.Name] = member.Value.GetString()!;
        }

        return annotations;
    }

    private static BuildException Malformed(string subject, string reason, Exception? inner) =>
        new(ErrorKind.Input, "read manifest", subject, reason, null, inner);
}
