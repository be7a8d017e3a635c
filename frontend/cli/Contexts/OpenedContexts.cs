using Cairn.Protos.Pb;
using Cairn.Solver;

namespace Cairn.Cli.Contexts;

/// <summary>What a build reads from this machine, found and checked.</summary>
/// <param name="Frontend">Turns it into a graph.</param>
/// <param name="Options">Frontend options that name the contexts.</param>
/// <param name="Directories">Directories of the session by local name; full paths.</param>
/// <param name="Layouts">OCI layouts of the session by store name; full paths.</param>
internal sealed record OpenedContexts(
    IFrontend Frontend,
    IReadOnlyDictionary<string, string> Options,
    IReadOnlyDictionary<string, string> Directories,
    IReadOnlyDictionary<string, string> Layouts)
{
    /// <summary>What is solved instead of a Dockerfile; null for a Dockerfile.</summary>
    public Definition? Definition { get; init; }

    /// <summary>Contexts that are no directories, by name.</summary>
    public IReadOnlyDictionary<string, Definition> Inputs { get; init; } = new Dictionary<string, Definition>();
}
