using System.Buffers;
using System.Text;
using System.Text.Json;
using Cairn.Protos.Workers;
using Pb = Cairn.Protos.Pb;

namespace Cairn.Frontend.Gateway.Images;

/// <summary>The workers as frontends in containers are told of them: [{"ID":…,"Labels":{…},"Platforms":[{…}]}].</summary>
internal static class WorkersJson
{
    public static string Write(IReadOnlyList<WorkerRecord> workers)
    {
        ArrayBufferWriter<byte> text = new();
        using (Utf8JsonWriter json = new(text))
        {
            json.WriteStartArray();
            foreach (WorkerRecord worker in workers)
            {
                json.WriteStartObject();
                json.WriteString("ID", worker.ID);
                json.WriteStartObject("Labels");
                foreach ((string name, string value) in worker.Labels.OrderBy(static label => label.Key, StringComparer.Ordinal))
                {
                    json.WriteString(name, value);
                }

                json.WriteEndObject();
                json.WriteStartArray("Platforms");
                foreach (Pb.Platform platform in worker.Platforms)
                {
                    json.WriteStartObject();
                    json.WriteString("architecture", platform.Architecture);
                    json.WriteString("os", platform.OS);
                    if (platform.Variant.Length > 0)
                    {
                        json.WriteString("variant", platform.Variant);
                    }

                    json.WriteEndObject();
                }

                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        return Encoding.UTF8.GetString(text.WrittenSpan);
    }
}
