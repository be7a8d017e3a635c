using System.Text;
using Cairn.Frontend.Dockerfile.Instructions;
using Cairn.Frontend.Dockerfile.Parsing;

namespace Cairn.Frontend.Dockerfile.Subrequests;

/// <summary>The stages of a file, for people who want to choose one.</summary>
internal static class TargetList
{
    public static Dictionary<string, byte[]> Of(ParsedDockerfile file)
    {
        byte[] json = AnswerJson.Write(writer =>
        {
            writer.WriteStartArray("targets");
            foreach (Stage stage in file.Stages)
            {
                writer.WriteStartObject();
                AnswerJson.WriteUnlessEmpty(writer, "name", stage.Name);
                if (stage == file.Stages[^1])
                {
                    writer.WriteBoolean("default", true);
                }

                AnswerJson.WriteUnlessEmpty(writer, "description", Description(stage));
                AnswerJson.WriteUnlessEmpty(writer, "base", stage.BaseName);
                AnswerJson.WriteUnlessEmpty(writer, "platform", stage.Platform);
                AnswerJson.WriteLocation(writer, DockerfileErrors.EachLine(stage.Text.Lines));
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteStartArray("sources");
            writer.WriteBase64StringValue(file.Source.Content);
            writer.WriteEndArray();
        });

        string[] names = [.. file.Stages.Select((stage, index) => Label(stage, isDefault: index == file.Stages.Count - 1))];
        int width = names.Append("TARGET").Max(static name => name.Length) + 1;
        var text = new StringBuilder("TARGET".PadRight(width)).Append("DESCRIPTION\n");
        for (int i = 0; i < names.Length; i++)
        {
            text.Append(names[i].PadRight(width)).Append(Description(file.Stages[i])).Append('\n');
        }

        return SubrequestKind.Targets.Answer(json, text.ToString());
    }

    private static string Label(Stage stage, bool isDefault) => (stage.Name, isDefault) switch
    {
        (null or "", true) => "(default)",
        (null or "", false) => "",
        ({ } name, true) => name + " (default)",
        ({ } name, false) => name,
    };

    // A comment above the stage that begins with its name.
    private static string Description(Stage stage) => stage.Name is not { Length: > 0 } name ? ""
        : stage.Text.Comments.FirstOrDefault(text => text.StartsWith(name + " ", StringComparison.Ordinal)) is { } comment ? comment[(name.Length + 1)..]
        : "";
}
