using System.Text.Json;
using System.Text.Json.Serialization;

namespace Cairn.Solver.History;

/// <summary>An id as a JSON string.</summary>
internal sealed class BuildIdConverter : JsonConverter<BuildId>
{
    public override BuildId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => new(reader.GetString() ?? "");

    public override void Write(Utf8JsonWriter writer, BuildId value, JsonSerializerOptions options) => writer.WriteStringValue(value.Value);
}
