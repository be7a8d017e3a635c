using System.Text;

namespace Cairn.Frontend.Dockerfile.Subrequests;

/// <summary>What clients can ask beside building.</summary>
/// <param name="Name">On the wire.</param>
/// <param name="Version">Of the answer.</param>
/// <param name="Description">For people.</param>
/// <remarks>Source: gateway.md, section 11.</remarks>
internal sealed record SubrequestKind(string Name, string Version, string Description)
{
    private const string Prefix = "frontend.";

    public static readonly SubrequestKind Targets = new("frontend.targets", "1.0.0", "List all targets current build supports");
    public static readonly SubrequestKind Lint = new("frontend.lint", "1.0.0", "Lint a Dockerfile");
    public static readonly SubrequestKind Describe = new("frontend.subrequests.describe", "1.0.0", "List available subrequest types");

    /// <summary>All that are answered here.</summary>
    public static IReadOnlyList<SubrequestKind> All { get; } = [Targets, Lint, Describe];

    /// <summary>The answer to <see cref="Describe"/>.</summary>
    public static Dictionary<string, byte[]> DescribeAll()
    {
        byte[] json = AnswerJson.WriteList(writer =>
        {
            foreach (SubrequestKind kind in All)
            {
                writer.WriteStartObject();
                writer.WriteString("name", kind.Name);
                writer.WriteString("version", kind.Version);
                writer.WriteString("type", "rpc");
                writer.WriteString("description", kind.Description);
                writer.WriteNull("opts");
                writer.WriteNull("inputs");
                writer.WriteStartArray("metadata");
                foreach (string key in (string[])["result.json", "result.txt"])
                {
                    writer.WriteStartObject();
                    writer.WriteString("name", key);
                    writer.WriteString("description", "");
                    writer.WriteEndObject();
                }

                writer.WriteEndArray();
                writer.WriteNull("refs");
                writer.WriteEndObject();
            }
        });
        int names = All.Max(static kind => kind.Short.Length) + 1;
        int versions = All.Max(static kind => Math.Max(kind.Version.Length, "VERSION".Length)) + 1;
        var text = new StringBuilder();
        text.Append("NAME".PadRight(names)).Append("VERSION".PadRight(versions)).Append("DESCRIPTION\n");
        foreach (SubrequestKind kind in All)
        {
            text.Append(kind.Short.PadRight(names)).Append(kind.Version.PadRight(versions)).Append(kind.Description).Append('\n');
        }

        return Describe.Answer(json, text.ToString());
    }

    /// <summary>The metadata of a result.</summary>
    public Dictionary<string, byte[]> Answer(byte[] json, string text) => new(StringComparer.Ordinal)
    {
        ["result.json"] = json, ["result.txt"] = Encoding.UTF8.GetBytes(text), ["version"] = Encoding.UTF8.GetBytes(Version),
    };

    private string Short => Name[Prefix.Length..];
}
