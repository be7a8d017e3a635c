using System.Globalization;
using System.Text;
using System.Text.Json;
using Cairn.Frontend.Dockerfile.Parsing;
using Cairn.Llb;

namespace Cairn.Frontend.Dockerfile.Subrequests;

/// <summary>What the rules find in a file, and the error that would end its build.</summary>
internal static class LintReport
{
    private const string StatusCode = "result.statuscode";
    private const int Context = 2;   // lines shown around what is marked

    public static Dictionary<string, byte[]> Of(SourceText source, IReadOnlyList<DockerfileWarning> warnings, BuildException? error)
    {
        DockerfileWarning[] sorted = [.. warnings.OrderBy(static warning => warning.Source.Ranges.Count > 0 ? warning.Source.Ranges[0].StartLine : 0)];
        byte[] json = AnswerJson.Write(writer =>
        {
            writer.WriteStartArray("warnings");
            foreach (DockerfileWarning warning in sorted)
            {
                Write(writer, warning);
            }

            writer.WriteEndArray();
            writer.WriteStartArray("sources");
            writer.WriteStartObject();
            writer.WriteString("filename", source.FileName);
            writer.WriteString("language", DockerfileErrors.Language);
            writer.WriteBase64String("data", source.Content);
            writer.WriteEndObject();
            writer.WriteEndArray();
            if (error is not null)
            {
                writer.WriteStartObject("buildError");
                writer.WriteString("message", error.Message);
                AnswerJson.WriteLocation(writer, error.Sources.Count > 0 ? error.Sources[0].Ranges : []);
                writer.WriteEndObject();
            }
        });
        var text = new StringBuilder();
        foreach (DockerfileWarning warning in sorted)
        {
            Append(text, warning, source);
        }

        Dictionary<string, byte[]> answer = SubrequestKind.Lint.Answer(json, text.ToString());
        answer[StatusCode] = sorted.Length > 0 || error is not null ? "1"u8.ToArray() : "0"u8.ToArray();
        return answer;
    }

    private static void Write(Utf8JsonWriter writer, DockerfileWarning warning)
    {
        writer.WriteStartObject();
        writer.WriteString("ruleName", warning.Rule);
        AnswerJson.WriteUnlessEmpty(writer, "description", warning.Description);
        AnswerJson.WriteUnlessEmpty(writer, "url", warning.Url);
        AnswerJson.WriteUnlessEmpty(writer, "detail", warning.Message);
        AnswerJson.WriteLocation(writer, warning.Source.Ranges);
        writer.WriteEndObject();
    }

    private static void Append(StringBuilder text, DockerfileWarning warning, SourceText source)
    {
        text.Append("\nWARNING: ").Append(warning.Rule);
        if (warning.Url.Length > 0)
        {
            text.Append(" - ").Append(warning.Url);
        }

        text.Append('\n').Append(warning.Message).Append('\n');
        if (warning.Source.Ranges.Count == 0)
        {
            return;
        }

        int first = warning.Source.Ranges[0].StartLine, last = warning.Source.Ranges[^1].EndLine;
        IReadOnlyList<string> lines = source.ReadLines();
        text.Append(CultureInfo.InvariantCulture, $"{source.FileName}:{first}\n--------------------\n");
        for (int line = Math.Max(1, first - Context); line <= Math.Min(lines.Count, last + Context); line++)
        {
            string mark = line >= first && line <= last ? ">>>" : "   ";
            text.Append(CultureInfo.InvariantCulture, $" {line,3} | {mark} {lines[line - 1].TrimEnd('\r', '\n')}\n");
        }

        text.Append("--------------------\n");
    }
}
