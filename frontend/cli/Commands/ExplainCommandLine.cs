using System.CommandLine;
using Cairn.Cli.Settings;

namespace Cairn.Cli.Commands;

/// <summary>`cairn explain`.</summary>
internal sealed class ExplainCommandLine
{
    private readonly Argument<string[]> _arguments = new("[BUILD] [STEP]")
    {
        Description = "Id of the build or the beginning of one, or ^N (default: the newest); part of a step's name (default: every step that ran)",
        Arity = new ArgumentArity(0, 2),
    };

    private readonly Option<string> _format = new("--format") { HelpName = "FORMAT", Description = "text or json (one explanation a line)" };
    private readonly Option<string?> _root;
    private readonly Option<string[]> _additionalStore;

    public ExplainCommandLine(Option<string?> root, Option<string[]> additionalStore)
    {
        (_root, _additionalStore) = (root, additionalStore);
        Command = new Command("explain", "Tell why the steps of a build ran instead of coming from the cache") { _arguments, _format, root, additionalStore };
    }

    public Command Command { get; }

    /// <exception cref="UsageException">The format is unknown.</exception>
    public ExplainSettings Read(ParseResult parsed)
    {
        string format = parsed.GetValue(_format) ?? "text";
        string[] given = parsed.GetValue(_arguments) ?? [];
        return format is "text" or "json"
            ? new ExplainSettings(
                parsed.GetValue(_root), given.Length > 0 ? given[0] : null, given.Length > 1 ? given[1] : null, format == "json", parsed.GetValue(_additionalStore) ?? [])
            : throw new UsageException($"--format: unknown format '{format}' (text or json)");
    }
}
