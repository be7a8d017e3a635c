using System.CommandLine;
using Cairn.Cli.Settings;

namespace Cairn.Cli.Commands;

/// <summary>`cairn llb` and its one subcommand.</summary>
internal sealed class LlbCommandLine
{
    private readonly Argument<string> _file = new("FILE") { Description = "The definition; '-' or nothing is the standard input", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<string> _format = new("--format") { HelpName = "FORMAT", Description = "json (one op a line) or dot (for Graphviz)" };

    public LlbCommandLine()
    {
        Dump = new Command("dump", "Print the ops of an LLB definition") { _file, _format };
        Command = new Command("llb", "Look into LLB definitions") { Dump };
    }

    public Command Command { get; }

    public Command Dump { get; }

    /// <exception cref="UsageException">The format is unknown.</exception>
    public LlbDumpSettings Read(ParseResult parsed)
    {
        string format = parsed.GetValue(_format) ?? "json";
        string file = parsed.GetValue(_file) ?? "-";
        if (file.Length > 1 && file[0] == '-')
        {
            throw new UsageException($"unknown flag: {file}{Suggestion.Text(file, ["--format", "--help"])}");
        }

        return format is "json" or "dot"
            ? new LlbDumpSettings(file, format == "dot")
            : throw new UsageException($"--format: unknown format '{format}' (json or dot)");
    }
}
