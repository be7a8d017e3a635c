using System.CommandLine;
using Cairn.Cli.Settings;

namespace Cairn.Cli.Commands;

/// <summary>`cairn history` and its subcommands.</summary>
internal sealed class HistoryCommandLine
{
    private const string BuildText = "Id of the build, the beginning of one, or ^N for the Nth before the newest (default: the newest)";

    private readonly List<(Command Command, Func<ParseResult, HistorySettings> Read)> _commands = [];

    public HistoryCommandLine(Func<Option<string?>> root, Func<Option<string[]>> additionalStore)
    {
        Command = new Command("history", "Look at the builds of this store");
        Add("ls", "List builds, the newest first", HistoryAction.List, root(), additionalStore(), build: null, Format(), null, null, null);
        Add("inspect", "Show a build: its steps, what the cache said, its error", HistoryAction.Inspect, root(), additionalStore(), Build(), Format(), null, null, null);
        Add("logs", "Print what the steps of a build printed", HistoryAction.Logs, root(), additionalStore(), Build(), null, null, null, Step());
        Add("rm", "Remove records of builds", HistoryAction.Remove, root(), additionalStore(), Builds(), null, new Option<bool>("--all") { Description = "Remove all of them" }, null, null);
        Add("export", "Write a build as a tar archive: record, definitions, logs", HistoryAction.Export, root(), additionalStore(), Build(), null, null, Output("Where to (default: the standard output)"), null);
        Add("open", "Show the timings of a build in a browser, or print where the page is", HistoryAction.Open, root(), additionalStore(), Build(), null, null, Output("Write the page here, and open nothing"), null);
    }

    public Command Command { get; }

    public void OnRun(Func<HistorySettings, Task<int>> run)
    {
        foreach ((Command command, Func<ParseResult, HistorySettings> read) in _commands)
        {
            command.SetAction((parsed, _) => run(read(parsed)));
        }
    }

    private static Argument<string> Build() => new("BUILD") { Description = BuildText, Arity = ArgumentArity.ZeroOrOne };

    private static Argument<string[]> Builds() => new("BUILD") { Description = "Ids of builds, beginnings of ids, or ^N", Arity = ArgumentArity.ZeroOrMore };

    private static Argument<string> Step() => new("STEP") { Description = "Part of a step's name", Arity = ArgumentArity.ZeroOrOne };

    private static Option<string> Format() => new("--format") { HelpName = "FORMAT", Description = "table or json" };

    private static Option<string> Output(string text) => new("--output", "-o") { HelpName = "FILE", Description = text };

    private void Add(
        string name, string description, HistoryAction action, Option<string?> root, Option<string[]> additionalStore, Argument? build, Option<string>? format, Option<bool>? all,
        Option<string>? output, Argument<string>? step)
    {
        var command = new Command(name, description);
        foreach (Argument argument in new Argument?[] { build, step }.OfType<Argument>())
        {
            command.Arguments.Add(argument);
        }

        foreach (Option option in new Option?[] { format, all, output, root, additionalStore }.OfType<Option>())
        {
            command.Options.Add(option);
        }

        Option<string?> address = DaemonOption.Create();
        command.Options.Add(address);
        Command.Subcommands.Add(command);
        _commands.Add((command, parsed => new HistorySettings(
            parsed.GetValue(root),
            action,
            build switch
            {
                Argument<string[]> several => parsed.GetValue(several) ?? [],
                Argument<string> one when parsed.GetValue(one) is { } text => [text],
                _ => [],
            },
            step is null ? null : parsed.GetValue(step),
            format is not null && IsJson(parsed.GetValue(format)),
            all is not null && parsed.GetValue(all),
            output is null ? null : parsed.GetValue(output),
            parsed.GetValue(additionalStore) ?? [])
        {
            Address = DaemonOption.Read(parsed, address, root, null),
        }));
    }

    private static bool IsJson(string? format) => (format ?? "table") switch
    {
        "table" => false,
        "json" => true,
        { } other => throw new UsageException($"--format: unknown format '{other}' (table or json)"),
    };
}
