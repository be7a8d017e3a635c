using System.Buffers;
using System.Text;
using System.Text.Json;
using Cairn.Llb;

namespace Cairn.Frontend.Gateway;

/// <summary>The value of "refs.platforms": {"Platforms":[{"ID":"linux/amd64","Platform":{…}}]}.</summary>
internal static class PlatformsJson
{
    public static string Write(IReadOnlyList<Platform> platforms)
    {
        ArrayBufferWriter<byte> text = new();
        using (Utf8JsonWriter json = new(text))
        {
            json.WriteStartObject();
            json.WriteStartArray("Platforms");
            foreach (Platform platform in platforms)
            {
                json.WriteStartObject();
                json.WriteString("ID", platform.ToString());
                json.WriteStartObject("Platform");
                json.WriteString("architecture", platform.Architecture);
                json.WriteString("os", platform.Os);
                WriteUnlessEmpty(json, "os.version", platform.OsVersion);
                WriteUnlessEmpty(json, "variant", platform.Variant);
                json.WriteEndObject();
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(text.WrittenSpan);
    }

    /// <summary>The platforms by id, in their order; none if the value is absent.</summary>
    /// <exception cref="BuildException">Input: the value is something else.</exception>
    public static IReadOnlyList<KeyValuePair<string, Platform>> Read(byte[]? value)
    {
        if (value is null || value.Length == 0)
        {
            return [];
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(value);
            return
            [
                .. document.RootElement.GetProperty("Platforms").EnumerateArray().Select(static entry =>
                {
                    JsonElement platform = entry.GetProperty("Platform");
                    return KeyValuePair.Create(entry.GetProperty("ID").GetString()!, Platform.Create(
                        Text(platform, "os"), Text(platform, "architecture"), Text(platform, "variant"), Text(platform, "os.version")));
                }),
            ];
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new BuildException(ErrorKind.Input, "read result metadata", ResultKeys.Platforms, "it is no list of platforms", remedy: null, e);
        }
    }

    private static string Text(JsonElement platform, string name) => platform.TryGetProperty(name, out JsonElement value) ? value.GetString() ?? "" : "";

    private static void WriteUnlessEmpty(Utf8JsonWriter json, string name, string value)
    {
        if (value.Length > 0)
        {
            json.WriteString(name, value);
        }
    }
}
