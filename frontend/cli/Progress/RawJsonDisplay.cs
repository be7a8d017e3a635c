using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Cairn.Llb;
using Cairn.Solver.Progress;

namespace Cairn.Cli.Progress;

/// <summary>One JSON object a line, each a status message: vertexes, statuses, logs (base64) and warnings, in the field order of BuildKit's clients.</summary>
internal sealed class RawJsonDisplay(Stream output, BuildView view) : IBuildDisplay
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public TimeSpan Gather => TimeSpan.FromMilliseconds(30);

    public TimeSpan? Tick => null;

    public void Show(IReadOnlyList<BuildEvent> news, DateTimeOffset now)
    {
        foreach (BuildEvent one in news)
        {
            view.Apply(one);   // for the report of a failure
        }

        ArrayBufferWriter<byte> line = new();
        using (Utf8JsonWriter json = new(line, Options))
        {
            json.WriteStartObject();
            WriteArray(json, "vertexes", news.OfType<VertexEvent>(), Write);
            WriteArray(json, "statuses", news.OfType<StatusEvent>(), Write);
            WriteArray(json, "logs", news.OfType<LogEvent>(), Write);
            WriteArray(json, "warnings", news.OfType<WarningEvent>(), Write);
            json.WriteEndObject();
        }

        output.Write(line.WrittenSpan);
        output.Write("\n"u8);
        output.Flush();
    }

    public void Finish(DateTimeOffset now)
    {
    }

    private static void WriteArray<T>(Utf8JsonWriter json, string name, IEnumerable<T> all, Action<Utf8JsonWriter, T> write)
    {
        bool open = false;
        foreach (T one in all)
        {
            if (!open)
            {
                json.WriteStartArray(name);
                open = true;
            }

            json.WriteStartObject();
            write(json, one);
            json.WriteEndObject();
        }

        if (open)
        {
            json.WriteEndArray();
        }
    }

    private static void Write(Utf8JsonWriter json, VertexEvent vertex)
    {
        json.WriteString("digest", vertex.Vertex.ToString());
        if (vertex.Inputs.Count > 0)
        {
            json.WriteStartArray("inputs");
            foreach (Digest input in vertex.Inputs)
            {
                json.WriteStringValue(input.ToString());
            }

            json.WriteEndArray();
        }

        json.WriteString("name", vertex.Name);
        WriteTime(json, "started", vertex.Started);
        WriteTime(json, "completed", vertex.Completed);
        if (vertex.Cached)
        {
            json.WriteBoolean("cached", true);
        }

        if (vertex.Error is { Length: > 0 } error)
        {
            json.WriteString("error", error);
        }

        if (vertex.Group is { } group)
        {
            json.WriteStartObject("progressGroup");
            json.WriteString("id", group.Id);
            json.WriteString("name", group.Name);
            if (group.Weak)
            {
                json.WriteBoolean("weak", true);
            }

            json.WriteEndObject();
        }
    }

    private static void Write(Utf8JsonWriter json, StatusEvent status)
    {
        json.WriteString("id", status.Id);
        json.WriteString("vertex", status.Vertex.ToString());
        if (status.Name.Length > 0)
        {
            json.WriteString("name", status.Name);
        }

        if (status.Total != 0)
        {
            json.WriteNumber("total", status.Total);
        }

        json.WriteNumber("current", status.Current);
        WriteTime(json, "timestamp", status.Timestamp);
        WriteTime(json, "started", status.Started);
        WriteTime(json, "completed", status.Completed);
    }

    private static void Write(Utf8JsonWriter json, LogEvent log)
    {
        json.WriteString("vertex", log.Vertex.ToString());
        json.WriteNumber("stream", log.Stream);
        json.WriteBase64String("data", log.Bytes.Span);
        WriteTime(json, "timestamp", log.Timestamp);
    }

    private static void Write(Utf8JsonWriter json, WarningEvent news)
    {
        BuildWarning warning = news.Warning;
        json.WriteString("vertex", news.Vertex.ToString());
        json.WriteNumber("level", warning.Level);
        json.WriteBase64String("short", System.Text.Encoding.UTF8.GetBytes(warning.Short));
        if (warning.Detail.Count > 0)
        {
            json.WriteStartArray("detail");
            foreach (string line in warning.Detail)
            {
                json.WriteBase64StringValue(System.Text.Encoding.UTF8.GetBytes(line));
            }

            json.WriteEndArray();
        }

        if (warning.Url is { Length: > 0 } url)
        {
            json.WriteString("url", url);
        }

        if (warning.Source is { } source)
        {
            json.WriteStartObject("sourceInfo");
            json.WriteString("filename", source.FileName);
            json.WriteBase64String("data", source.Content.Span);
            json.WriteString("language", source.Language);
            json.WriteEndObject();
            json.WriteStartArray("range");
            foreach (SourceRange range in source.Ranges)
            {
                json.WriteStartObject();
                WritePosition(json, "start", range.StartLine, range.StartCharacter);
                WritePosition(json, "end", range.EndLine, range.EndCharacter);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }
    }

    private static void WritePosition(Utf8JsonWriter json, string name, int line, int character)
    {
        json.WriteStartObject(name);
        json.WriteNumber("line", line);
        json.WriteNumber("character", character);
        json.WriteEndObject();
    }

    private static void WriteTime(Utf8JsonWriter json, string name, DateTimeOffset? time)
    {
        if (time is { } known)
        {
            json.WriteString(name, known.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture));
        }
    }
}
