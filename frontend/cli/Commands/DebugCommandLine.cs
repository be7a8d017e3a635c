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
    private readonly Option<string?> _root;

    public DebugCommandLine(Option<string?> root)
    {
        _root = root;
        Command = new Command("debug", "Open a shell in the filesystem of a step that failed, as it left it") { _build, _shell, root };
    }

    public Command Command { get; }

    public DebugSettings Read(ParseResult parsed)
    {
        string? text = parsed.GetValue(_build);
        int colon = text?.IndexOf(':', StringComparison.Ordinal) ?? -1;
        string? build = colon < 0 ? text : text![..colon];
        return new DebugSettings(
            parsed.GetValue(_root), string.IsNullOrEmpty(build) ? null : build, colon < 0 ? null : text![(colon + 1)..], parsed.GetValue(_shell));
    }
}
