using System.Text.Json.Nodes;
using Cairn.Llb;

namespace Cairn.Solver.Images;

/// <summary>Manifests, indexes and descriptors in the bytes that registries and tools expect.</summary>
internal static class ManifestWriter
{
    /// <summary>A manifest, indented by two spaces unless it is to be compact.</summary>
    public static byte[] Manifest(
        string mediaType, Descriptor config, IReadOnlyList<Descriptor> layers, IReadOnlyDictionary<string, string> annotations, bool compact)
    {
        var manifest = new JsonObject
        {
            ["schemaVersion"] = 2,
            ["mediaType"] = mediaType,
            ["config"] = Describe(config),
            ["layers"] = layers.Count == 0 ? null : new JsonArray([.. layers.Select(layer => (JsonNode)Describe(layer))]),
        };
        AddAnnotations(manifest, annotations);
        return compact ? ImageJson.Compact(manifest) : ImageJson.Indented(manifest);
    }

    /// <summary>An index, indented by two spaces unless it is to be compact.</summary>
    public static byte[] Index(string mediaType, IReadOnlyList<Descriptor> manifests, IReadOnlyDictionary<string, string> annotations, bool compact)
    {
        var index = new JsonObject
        {
            ["schemaVersion"] = 2,
            ["mediaType"] = mediaType,
            ["manifests"] = new JsonArray([.. manifests.Select(manifest => (JsonNode)Describe(manifest))]),
        };
        AddAnnotations(index, annotations);
        return compact ? ImageJson.Compact(index) : ImageJson.Indented(index);
    }

    /// <summary>A descriptor, compact.</summary>
    public static byte[] Descriptor(Descriptor descriptor) => ImageJson.Compact(Describe(descriptor));

    private static JsonObject Describe(Descriptor descriptor)
    {
        var node = new JsonObject
        {
            ["mediaType"] = descriptor.MediaType,
            ["digest"] = descriptor.Digest.ToString(),
            ["size"] = descriptor.Size,
        };
        AddAnnotations(node, descriptor.Annotations);
        if (descriptor.Platform is { } platform)
        {
            node["platform"] = Describe(platform);
        }

        return node;
    }

    private static JsonObject Describe(Platform platform)
    {
        var node = new JsonObject { ["architecture"] = platform.Architecture, ["os"] = platform.Os };
        if (platform.OsVersion.Length > 0)
        {
            node["os.version"] = platform.OsVersion;
        }

        if (platform.OsFeatures.Count > 0)
        {
            node["os.features"] = new JsonArray([.. platform.OsFeatures.Select(feature => (JsonNode)feature)]);
        }

        if (platform.Variant.Length > 0)
        {
            node["variant"] = platform.Variant;
        }

        return node;
    }

    private static void AddAnnotations(JsonObject node, IReadOnlyDictionary<string, string> annotations)
    {
        if (annotations.Count > 0)
        {
            node["annotations"] = new JsonObject(annotations.OrderBy(pair => pair.Key, StringComparer.Ordinal)
                .Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value)));
        }
    }
}
