using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Cairn.Llb;

namespace Cairn.Client.Building;

/// <summary>The tags of an image layout in a directory: <c>index.json</c>, which is the client's to read and write.</summary>
/// <remarks>Source: OCI image-spec, image-layout.md; session.md, section 21.</remarks>
internal sealed class LayoutIndex(string directory)
{
    private const string RefName = "org.opencontainers.image.ref.name";
    private const string ImageName = "io.containerd.image.name";
    private const string DefaultTag = "latest";
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };   // media types have a plus

    private string IndexPath => Path.Combine(directory, "index.json");

    /// <summary>The digest that a tag stands for; null if there is no such tag, or no layout.</summary>
    public string? Find(string tag)
    {
        JsonNode? entry = Entries().FirstOrDefault(one => Annotation(one, RefName) == tag || Annotation(one, ImageName) == tag);
        entry ??= tag == DefaultTag && Entries() is [var only] && Annotation(only, RefName) is null ? only : null;
        return entry?["digest"]?.GetValue<string>();
    }

    /// <summary>Lets tags stand for an object, and no other one for them. What has no tag is tagged <c>latest</c>.</summary>
    /// <param name="descriptor">The object's descriptor, JSON.</param>
    /// <param name="names">Full names of an image, or plain tags.</param>
    public void Put(JsonObject descriptor, IReadOnlyList<string> names)
    {
        List<JsonNode> entries = [.. Entries()];
        foreach (string name in names.Count == 0 ? [DefaultTag] : names)
        {
            string tag = ImageReference.TryParse(name, out ImageReference? reference) && name.Contains('/', StringComparison.Ordinal)
                ? reference.Tag ?? name
                : name;
            entries.RemoveAll(one => Annotation(one, ImageName) is { } full ? full == name : Annotation(one, RefName) == tag);
            JsonNode entry = descriptor.DeepClone();
            JsonObject annotations = entry["annotations"]?.AsObject() ?? [];
            annotations[RefName] = tag;
            if (tag != name)
            {
                annotations[ImageName] = name;
            }

            entry["annotations"] ??= annotations;
            entries.Add(entry);
        }

        var index = new JsonObject
        {
            ["schemaVersion"] = 2,
            ["mediaType"] = MediaTypes.OciIndex,
            ["manifests"] = new JsonArray([.. entries.Select(static entry => entry.DeepClone())]),
        };
        Directory.CreateDirectory(directory);
        Replace(Path.Combine(directory, "oci-layout"), "{\"imageLayoutVersion\":\"1.0.0\"}");
        Replace(IndexPath, index.ToJsonString(Plain));
    }

    private JsonNode[] Entries()
    {
        try
        {
            return JsonNode.Parse(File.ReadAllBytes(IndexPath))?["manifests"] is JsonArray manifests ? [.. manifests.OfType<JsonNode>()] : [];
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return [];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or IOException or UnauthorizedAccessException)
        {
            throw new BuildException(ErrorKind.Environment, "read image layout", IndexPath, e.Message, null, e);
        }
    }

    private static string? Annotation(JsonNode entry, string name) => entry["annotations"]?[name]?.GetValue<string>();

    /// <summary>A reader sees the old file or the new one, never a part.</summary>
    private static void Replace(string path, string text)
    {
        string temporary = $"{path}.{Guid.NewGuid():N}.partial";
        File.WriteAllText(temporary, text);
        File.Move(temporary, path, overwrite: true);
    }
}
