using System.CommandLine;
using Cairn.Cli.Settings;

namespace Cairn.Cli.Commands;

/// <summary>`cairn debug`.</summary>
internal sealed class DebugCommandLine
{
    private readonly Argument<string> _build = new("BUILD[:STEP]")
    {
        Description = "Id of a build that failed, the beginning of one, or ^N; part of the step's name (default: the newest step that failed)",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string> _shell = new("--shell") { HelpName = "PATH", Description = "Program to run, perhaps with arguments (default: /bin/sh or another usual shell)" };
    private readonly Option<string> _format = new("--format") { HelpName = "FORMAT", Description = "text or json" };
    private readonly Option<string?> _root;
    private readonly Option<string?> _graphRoot;
    private readonly Option<string[]> _additionalStore;

    public DebugCommandLine(Func<Option<string?>> root, Option<string[]> additionalStore)
    {
        (_root, _graphRoot, _additionalStore) = (root(), root(), additionalStore);
        Graph = new Command("graph", "Print what the builds of all processes on this store wait for") { _format, _graphRoot };
        Command = new Command("debug", "Open a shell in the filesystem of a step that failed, as it left it") { _build, _shell, _root, additionalStore, Graph };
    }

    public Command Command { get; }

    public Command Graph { get; }

    /// <exception cref="UsageException">The format is unknown.</exception>
    public GraphSettings ReadGraph(ParseResult parsed)
    {
        string format = parsed.GetValue(_format) ?? "text";
        return format is "text" or "json"
            ? new GraphSettings(parsed.GetValue(_graphRoot), format == "json")
            : throw new UsageException($"--format: unknown format '{format}' (text or json)");
    }

    public DebugSettings Read(ParseResult parsed)
    {
        string? text = parsed.GetValue(_build);
        int colon = text?.IndexOf(':', StringComparison.Ordinal) ?? -1;
        string? build = colon < 0 ? text : text![..colon];
        return new DebugSettings(
            parsed.GetValue(_root), string.IsNullOrEmpty(build) ? null : build, colon < 0 ? null : text![(colon + 1)..], parsed.GetValue(_shell),
            parsed.GetValue(_additionalStore) ?? []);
    }
}
