using System.Text.Json;
using Cairn.Llb;

namespace Cairn.Solver.Debugging;

/// <summary>Wait graphs as JSON: <c>builds</c> with <c>build</c> and <c>vertices</c>, each with <c>vertex</c>, <c>name</c> and <c>states</c>.</summary>
internal static class WaitGraphJson
{
    /// <summary>Writes the member <c>builds</c> of an object that is open.</summary>
    public static void Write(Utf8JsonWriter json, IReadOnlyList<BuildWaits> builds)
    {
        json.WriteStartArray("builds");
        foreach (BuildWaits build in builds)
        {
            json.WriteStartObject();
            json.WriteString("build", build.Build);
            json.WriteStartArray("vertices");
            foreach (VertexWaits vertex in build.Vertices)
            {
                json.WriteStartObject();
                json.WriteString("vertex", vertex.Vertex.ToString());
                json.WriteString("name", vertex.Name);
                json.WriteStartArray("states");
                foreach (string state in vertex.States)
                {
                    json.WriteStringValue(state);
                }

                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>Reads them again.</summary>
    /// <exception cref="JsonException">It is something else.</exception>
    public static IReadOnlyList<BuildWaits> Read(JsonElement answer)
    {
        try
        {
            return
            [
                .. answer.GetProperty("builds").EnumerateArray().Select(static build => new BuildWaits(
                    build.GetProperty("build").GetString()!,
                    [
                        .. build.GetProperty("vertices").EnumerateArray().Select(static vertex => new VertexWaits(
                            Digest.Parse(vertex.GetProperty("vertex").GetString()!),
                            vertex.GetProperty("name").GetString()!,
                            [.. vertex.GetProperty("states").EnumerateArray().Select(static state => state.GetString()!)])),
                    ])),
            ];
        }
        catch (Exception e) when (e is KeyNotFoundException or InvalidOperationException or FormatException or BuildException)
        {
            throw new JsonException(e.Message, e);
        }
    }
}
