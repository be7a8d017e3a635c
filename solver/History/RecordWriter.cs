using System.Text.Encodings.Web;
using System.Text.Json;
using Cairn.Llb;

namespace Cairn.Solver.History;

/// <summary>
/// Writes records as <see cref="HistoryJson"/> reads them. By hand: a build that only finds what it wants in the cache ends within half a second,
/// and a serialiser takes a good part of that to get going.
/// </summary>
internal static class RecordWriter
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void Write(Stream stream, BuildRecord record)
    {
        using var json = new Utf8JsonWriter(stream, Options);
        json.WriteStartObject();
        json.WriteNumber("format", record.Format);
        json.WriteString("id", record.Id.Value);
        json.WriteStartObject("label");
        json.WriteString("name", record.Label.Name);
        json.WriteString("context", record.Label.Context);
        json.WriteString("file", record.Label.File);
        json.WriteString("target", record.Label.Target);
        json.WriteEndObject();
        json.WriteString("status", record.Status.ToString());
        json.WriteString("created", record.Created);
        if (record.Completed is { } completed)
        {
            json.WriteString("completed", completed);
        }

        WriteMap(json, "options", record.Options);
        WriteTexts(json, "exports", record.Exports);
        WriteMap(json, "response", record.Response);
        json.WriteStartArray("steps");
        foreach (StepRecord step in record.Steps)
        {
            Write(json, step);
        }

        json.WriteEndArray();
        WriteTexts(json, "warnings", record.Warnings);
        if (record.Error is { } error)
        {
            Write(json, error);
        }

        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, StepRecord step)
    {
        json.WriteStartObject();
        json.WriteString("digest", step.Digest.ToString());
        json.WriteString("name", step.Name);
        json.WriteString("kind", step.Kind);
        json.WriteStartArray("inputs");
        foreach (Digest input in step.Inputs)
        {
            json.WriteStringValue(input.ToString());
        }

        json.WriteEndArray();
        WriteLines(json, step.Source);
        json.WriteString("outcome", step.Outcome.ToString());
        json.WriteStartArray("spans");
        foreach (WorkSpan span in step.Spans)
        {
            json.WriteStartObject();
            json.WriteNumber("start", span.Start);
            json.WriteNumber("end", span.End);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        if (step.Queued is { } queued)
        {
            json.WriteNumber("queued", queued);
        }

        WriteText(json, "error", step.Error);
        if (step.Recipe is { } recipe)
        {
            Write(json, recipe);
        }

        json.WriteNumber("logBytes", step.LogBytes);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, StepRecipe recipe)
    {
        json.WriteStartObject("recipe");
        WriteTexts(json, "maps", recipe.Maps);
        WriteText(json, "pin", recipe.Pin);
        json.WriteStartArray("inputs");
        foreach (InputRecipe input in recipe.Inputs)
        {
            json.WriteStartObject();
            json.WriteBoolean("byContent", input.ByContent);
            WriteText(json, "content", input.Content?.ToString());
            json.WriteNumber("keys", input.Keys);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        WriteText(json, "hit", recipe.Hit);
        WriteText(json, "miss", recipe.Miss);
        WriteTexts(json, "results", recipe.Results);
        json.WriteStartArray("faults");
        foreach (StepFault fault in recipe.Faults)
        {
            json.WriteStartObject();
            json.WriteString("result", fault.Result);
            WriteText(json, "reason", fault.Reason);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        WriteText(json, "import", recipe.Import);
        json.WriteStartArray("asked");
        foreach (AskedCache asked in recipe.Asked)
        {
            json.WriteStartObject();
            json.WriteString("source", asked.Source);
            json.WriteString("answer", asked.Answer);
            WriteText(json, "reason", asked.Reason);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        WriteText(json, "leader", recipe.Leader?.ToString());
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, RecordedError error)
    {
        json.WriteStartObject("error");
        json.WriteString("message", error.Message);
        json.WriteString("kind", error.Kind);
        WriteText(json, "remedy", error.Remedy);
        WriteText(json, "step", error.Step?.ToString());
        WriteText(json, "op", error.Op);
        WriteLines(json, error.Source);
        WriteText(json, "command", error.Command);
        if (error.ExitCode is { } code)
        {
            json.WriteNumber("exitCode", code);
        }

        json.WriteEndObject();
    }

    private static void WriteLines(Utf8JsonWriter json, SourceLines? lines)
    {
        if (lines is not null)
        {
            json.WriteStartObject("source");
            json.WriteString("file", lines.File);
            json.WriteNumber("first", lines.First);
            json.WriteNumber("last", lines.Last);
            json.WriteEndObject();
        }
    }

    private static void WriteText(Utf8JsonWriter json, string name, string? text)
    {
        if (text is not null)
        {
            json.WriteString(name, text);
        }
    }

    private static void WriteTexts(Utf8JsonWriter json, string name, IReadOnlyList<string> texts)
    {
        json.WriteStartArray(name);
        foreach (string text in texts)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }

    private static void WriteMap(Utf8JsonWriter json, string name, IReadOnlyDictionary<string, string> map)
    {
        json.WriteStartObject(name);
        foreach ((string key, string value) in map.OrderBy(static entry => entry.Key, StringComparer.Ordinal))
        {
            json.WriteString(key, value);
        }

        json.WriteEndObject();
    }
}
