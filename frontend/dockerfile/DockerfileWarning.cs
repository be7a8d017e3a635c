using Cairn.Llb;

namespace Cairn.Frontend.Dockerfile;

/// <summary>Something in a Dockerfile that works and should be changed.</summary>
/// <param name="Rule">Name of the rule, <c>WorkdirRelativePath</c>.</param>
/// <param name="Description">What the rule is about.</param>
/// <param name="Url">Where it is explained; empty when nowhere.</param>
/// <param name="Message">What was found.</param>
/// <param name="Source">The file and the lines.</param>
public sealed record DockerfileWarning(string Rule, string Description, string Url, string Message, SourceLocation Source)
{
    /// <summary>Digest of the vertex that loads the Dockerfile: where the warning is shown.</summary>
    public required Digest Vertex { get; init; }

    /// <summary>One line: rule, message and line number.</summary>
    public string Short => Source.Ranges.Count > 0 ? $"{Rule}: {Message} (line {Source.Ranges[0].StartLine})" : $"{Rule}: {Message}";
}
