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

    private static void WriteUnlessEmpty(Utf8JsonWriter json, string name, string value)
    {
        if (value.Length > 0)
        {
            json.WriteString(name, value);
        }
    }
}
