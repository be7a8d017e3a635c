using System.Text.Encodings.Web;
using System.Text.Json;
using Cairn.Llb;

namespace Cairn.Frontend.Dockerfile.Subrequests;

/// <summary>Answers as JSON, two blanks deep, as clients print them.</summary>
internal static class AnswerJson
{
    /// <summary>An object with what is written.</summary>
    public static byte[] Write(Action<Utf8JsonWriter> write) => WriteAll(json =>
    {
        json.WriteStartObject();
        write(json);
        json.WriteEndObject();
    });

    /// <summary>An array with what is written.</summary>
    public static byte[] WriteList(Action<Utf8JsonWriter> write) => WriteAll(json =>
    {
        json.WriteStartArray();
        write(json);
        json.WriteEndArray();
    });

    private static byte[] WriteAll(Action<Utf8JsonWriter> write)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            write(json);
        }

        return buffer.ToArray();
    }

    /// <summary>A property with text; nothing for empty text.</summary>
    public static void WriteUnlessEmpty(Utf8JsonWriter json, string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            json.WriteString(name, value);
        }
    }

    /// <summary>A property <c>location</c> in the one source there is.</summary>
    public static void WriteLocation(Utf8JsonWriter json, IEnumerable<SourceRange> ranges)
    {
        json.WriteStartObject("location");
        json.WriteStartArray("ranges");
        foreach (SourceRange range in ranges)
        {
            json.WriteStartObject();
            WritePosition(json, "start", range.StartLine, range.StartCharacter);
            WritePosition(json, "end", range.EndLine, range.EndCharacter);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WritePosition(Utf8JsonWriter json, string name, int line, int character)
    {
        json.WriteStartObject(name);
        json.WriteNumber("line", line);
        if (character > 0)
        {
            json.WriteNumber("character", character);
        }

        json.WriteEndObject();
    }
}
