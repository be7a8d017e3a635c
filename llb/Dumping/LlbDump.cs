using System.Text;
using System.Text.Json;
using Cairn.Llb.Graphs;
using Cairn.Protos.Pb;
using Google.Protobuf;

namespace Cairn.Llb.Dumping;

/// <summary>Shows a definition to people: as JSON or as a drawing for Graphviz. The definition need not be valid.</summary>
public static class LlbDump
{
    /// <summary>Every op in stored order with its digest, metadata and places in source files.</summary>
    /// <exception cref="BuildException">Input: an op is no serialised pb.Op.</exception>
    /// <returns>Indented JSON, a line feed at the end. Field names and values follow proto3's JSON mapping; zero values are left out.</returns>
    public static string ToJson(Definition definition)
    {
        ArgumentNullException.ThrowIfNull(definition);
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteStartArray("ops");
            foreach (ByteString bytes in definition.Def)
            {
                Digest digest = Digest.Sha256(bytes.Span);
                json.WriteStartObject();
                json.WriteString("digest", digest.ToString());
                json.WriteNumber("size", bytes.Length);
                json.WritePropertyName("op");
                json.WriteRawValue(JsonFormatter.Default.Format(Parse(bytes, digest)));
                if (definition.Metadata.TryGetValue(digest.ToString(), out OpMetadata? metadata))
                {
                    json.WritePropertyName("metadata");
                    json.WriteRawValue(JsonFormatter.Default.Format(metadata));
                }

                if (definition.Source is { } source && source.Locations.TryGetValue(digest.ToString(), out Locations? locations) && locations.Locations_.Count > 0)
                {
                    json.WritePropertyName("locations");
                    WriteLocations(json, source, locations);
                }

                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length) + "\n";
    }

    /// <summary>Vertices as boxes, edges from inputs to users, the wanted vertex drawn bold.</summary>
    /// <exception cref="BuildException">Input: the definition cannot be loaded.</exception>
    /// <returns>Text for Graphviz' dot, a line feed at the end.</returns>
    public static string ToDot(Definition definition)
    {
        LlbGraph graph = LlbGraph.Load(definition);
        var text = new StringBuilder("digraph llb {\n  rankdir=LR;\n  node [shape=box, fontname=\"monospace\"];\n");
        foreach (Vertex vertex in graph.Vertices)
        {
            string style = vertex == graph.Terminal?.Vertex ? ", style=bold" : "";
            text.Append("  ").Append(Quoted(vertex.Digest.ToString())).Append(" [label=").Append(Quoted(vertex.Name)).Append(style).Append("];\n");
            foreach (Edge input in vertex.Inputs)
            {
                text.Append("  ").Append(Quoted(input.Vertex.Digest.ToString())).Append(" -> ").Append(Quoted(vertex.Digest.ToString()));
                text.Append(input.OutputIndex == 0 ? "" : $" [label=\"{input.OutputIndex}\"]").Append(";\n");
            }
        }

        return text.Append("}\n").ToString();
    }

    private static void WriteLocations(Utf8JsonWriter json, Source source, Locations locations)
    {
        json.WriteStartArray();
        foreach (Location location in locations.Locations_)
        {
            json.WriteStartObject();
            bool isKnown = location.SourceIndex >= 0 && location.SourceIndex < source.Infos.Count;
            json.WriteString("file", isKnown ? source.Infos[location.SourceIndex].Filename : $"unknown file {location.SourceIndex}");
            json.WriteStartArray("ranges");
            foreach (Protos.Pb.Range range in location.Ranges)
            {
                json.WriteRawValue(JsonFormatter.Default.Format(range));
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static Op Parse(ByteString bytes, Digest digest)
    {
        try
        {
            return Op.Parser.ParseFrom(bytes);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new BuildException(ErrorKind.Input, "dump LLB", digest.ToString(), "the bytes are not a serialised pb.Op", remedy: null, e);
        }
    }

    private static string Quoted(string text)
    {
        string escaped = text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)
            .Replace("\n", "\\n", StringComparison.Ordinal);
        return $"\"{escaped}\"";
    }
}
