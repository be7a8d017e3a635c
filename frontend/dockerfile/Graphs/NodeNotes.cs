using Cairn.Frontend.Dockerfile.Parsing;
using Pb = Cairn.Protos.Pb;

namespace Cairn.Frontend.Dockerfile.Graphs;

/// <summary>What is said about a node beside its op: nothing of it enters a digest.</summary>
internal sealed record NodeNotes
{
    private const string CustomNameKey = "llb.customname";
    private const string CommandKey = "com.docker.dockerfile.v1.command";

    /// <summary>Display name.</summary>
    public string? Name { get; init; }

    /// <summary>The instruction as written; null says nothing, an empty text is written.</summary>
    public string? Command { get; init; }

    /// <summary>Cached results are not used.</summary>
    public bool IgnoreCache { get; init; }

    public Pb.ProgressGroup? ProgressGroup { get; init; }

    public Pb.LinuxResources? Resources { get; init; }

    /// <summary>The lines of the Dockerfile it comes from.</summary>
    public LineRange? Lines { get; init; }

    public static NodeNotes Named(string name) => new() { Name = name };

    public Pb.OpMetadata ToMetadata(IEnumerable<string> capabilities)
    {
        var metadata = new Pb.OpMetadata
        {
            IgnoreCache = IgnoreCache,
            ProgressGroup = ProgressGroup,
            LinuxResources = Resources,
        };
        if (Command is not null)
        {
            metadata.Description.Add(CommandKey, Command);
        }
        if (Name is not null)
        {
            metadata.Description.Add(CustomNameKey, Name);
        }
        foreach (string capability in capabilities)
        {
            metadata.Caps[capability] = true;
        }
        return metadata;
    }
}
