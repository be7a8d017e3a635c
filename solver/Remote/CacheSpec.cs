using System.Text.Json;
using Cairn.Llb;

namespace Cairn.Solver.Remote;

/// <summary>A cache elsewhere, to import or to export, as the client asked for it.</summary>
/// <param name="Type">Of the place: <c>registry</c>, <c>local</c>, <c>inline</c> …</param>
/// <param name="Attributes">As in the request.</param>
public sealed record CacheSpec(string Type, IReadOnlyDictionary<string, string> Attributes)
{
    /// <summary>The frontend option that names caches to import.</summary>
    public const string ImportOption = "cache-imports";

    /// <summary>The type of a cache that travels in the image.</summary>
    internal const string Inline = "inline";

    /// <summary>Reads the value of <see cref="ImportOption"/>: a JSON array of <c>{"Type":…,"Attrs":{…}}</c>.</summary>
    /// <exception cref="BuildException">Input: it is none.</exception>
    public static IReadOnlyList<CacheSpec> ParseImports(string json)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            return [.. document.RootElement.EnumerateArray().Select(static entry => new CacheSpec(
                entry.GetProperty(nameof(Type)).GetString() ?? "",
                entry.TryGetProperty("Attrs", out JsonElement attributes) && attributes.ValueKind == JsonValueKind.Object
                    ? attributes.EnumerateObject().ToDictionary(static one => one.Name, static one => one.Value.GetString() ?? "", StringComparer.Ordinal)
                    : new Dictionary<string, string>(StringComparer.Ordinal)))];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new BuildException(ErrorKind.Input, "read option", ImportOption, "it is no JSON list of caches", null, e);
        }
    }
}
