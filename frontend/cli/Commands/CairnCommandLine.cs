using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using Cairn.Cli.Building;
using Cairn.Cli.Settings;

namespace Cairn.Cli.Commands;

/// <summary>The whole command line. Handlers load the engine only when their command runs, so that --help stays quick.</summary>
internal sealed class CairnCommandLine
{
    private const string DaemonCommand = "daemon";
    private const string DialCommand = "dial-stdio";

    private readonly RootCommand _root = new("Cairn builds images from Dockerfiles and LLB graphs, and remembers every step.");
    private readonly Argument<string> _context;

    public CairnCommandLine()
    {
        var build = new BuildCommandLine(RootOption(), AdditionalStoreOption());
        _context = build.Context;
        build.Command.SetAction((parsed, _) => Engine.BuildAsync(build.Read(parsed)));
        _root.Subcommands.Add(build.Command);

        var usage = new DiskUsageCommandLine(RootOption(), AdditionalStoreOption());
        usage.Command.SetAction((parsed, _) => Engine.DiskUsageAsync(usage.Read(parsed)));
        _root.Subcommands.Add(usage.Command);

        var prune = new PruneCommandLine(RootOption(), AdditionalStoreOption());
        prune.Command.SetAction((parsed, _) => Engine.PruneAsync(prune.Read(parsed)));
        _root.Subcommands.Add(prune.Command);

        var explain = new ExplainCommandLine(RootOption(), AdditionalStoreOption());
        explain.Command.SetAction((parsed, _) => Engine.ExplainAsync(explain.Read(parsed)));
        _root.Subcommands.Add(explain.Command);

        var debug = new DebugCommandLine(RootOption, AdditionalStoreOption());
        debug.Graph.SetAction((parsed, _) => Engine.GraphAsync(debug.ReadGraph(parsed)));
        debug.Command.SetAction((parsed, _) => Engine.DebugAsync(debug.Read(parsed)));
        _root.Subcommands.Add(debug.Command);

        var history = new HistoryCommandLine(RootOption, AdditionalStoreOption);
        history.OnRun(Engine.HistoryAsync);
        _root.Subcommands.Add(history.Command);

        foreach (WatchCommandLine watch in (WatchCommandLine[])[new(isAttached: true), new(isAttached: false)])
        {
            watch.Command.SetAction((parsed, _) => Engine.WatchAsync(watch.Read(parsed)));
            _root.Subcommands.Add(watch.Command);
        }

        var info = new InfoCommandLine();
        info.Command.SetAction((parsed, _) => Engine.InfoAsync(info.Read(parsed)));
        _root.Subcommands.Add(info.Command);

        var store = new StoreCommandLine();
        store.Verify.SetAction((parsed, _) => Engine.VerifyStoreAsync(store.Read(parsed)));
        store.Repair.SetAction((parsed, _) => Engine.RepairStoreAsync(store.Read(parsed)));
        _root.Subcommands.Add(store.Command);

        var dump = new LlbCommandLine();
        dump.Dump.SetAction((parsed, _) => Engine.DumpLlbAsync(dump.Read(parsed)));
        _root.Subcommands.Add(dump.Command);

        // Its words are those of the stock daemon, and the daemon reads them.
        _root.Subcommands.Add(new Command(DaemonCommand, "Serve builds to BuildKit clients: docker buildx, buildctl"));
        _root.Subcommands.Add(new Command(DialCommand, "Join the standard streams to a daemon, for clients that come over ssh"));
        _root.Subcommands.Add(CompletionCommandLine.Create());
    }

    /// <summary>Runs what the arguments say.</summary>
    /// <returns>The exit code: 0, or 1 when the command line or the command failed.</returns>
    public async Task<int> RunAsync(string[] arguments, CancellationToken cancellationToken)
    {
        if (arguments is [DaemonCommand, ..])
        {
            return await Engine.DaemonAsync(arguments[1..]);
        }

        if (arguments is [DialCommand, ..])
        {
            return await Engine.DialStdioAsync(arguments[1..]);
        }

        ParseResult parsed = _root.Parse(arguments.Length == 0 ? ["--help"] : arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Action is null or ParseErrorAction)
        {
            throw new UsageException(Complaint(parsed));
        }

        if (UnknownFlag(parsed) is { } unknown)
        {
            throw new UsageException(unknown);
        }

        return await parsed.InvokeAsync(
            new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null }, cancellationToken);
    }

    /// <summary>"cairn build", the command that a failed parse was about.</summary>
    public static string CommandPath(string[] arguments) =>
        arguments.Length > 0 && arguments[0] is "build" or "du" or "prune" or "store" or "explain" or "debug" or "history" or "llb" or "daemon" or "attach" or "wait" or "info" or "completion" ? $"cairn {arguments[0]}" : "cairn";

    internal static Option<string?> RootOption() =>
        new("--root") { HelpName = "DIR", Description = "Where the store is (default: /var/lib/cairn as root, else $XDG_DATA_HOME/cairn)" };

    internal static Option<string[]> AdditionalStoreOption() => new("--additional-store")
    {
        HelpName = "DIR",
        Description = "Look also into this store, which is only read (repeatable; also $CAIRN_ADDITIONAL_STORES, with colons)",
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = false,
    };

    // A mistyped flag is taken for the context by the parser: it is the only argument that takes free text.
    private string? UnknownFlag(ParseResult parsed)
    {
        IEnumerable<string> free = (parsed.GetResult(_context)?.Tokens.Select(t => t.Value) ?? []).Concat(parsed.UnmatchedTokens);
        return free.FirstOrDefault(IsFlag) is { } flag ? UnknownFlagText(flag, parsed.CommandResult.Command) : null;
    }

    private static string Complaint(ParseResult parsed)
    {
        IEnumerable<string> free = parsed.UnmatchedTokens.Concat(parsed.Tokens.Where(t => t.Type == TokenType.Argument).Select(t => t.Value));
        Command command = parsed.CommandResult.Command;
        if (parsed.UnmatchedTokens.FirstOrDefault(IsFlag) is { } flag)
        {
            return UnknownFlagText(flag, command);
        }

        if (command.Subcommands.Count > 0)
        {
            return parsed.UnmatchedTokens.Count > 0
                ? $"unknown command: {parsed.UnmatchedTokens[0]}{Suggestion.Text(parsed.UnmatchedTokens[0], command.Subcommands.Select(c => c.Name))}"
                : $"a command is needed: {string.Join(", ", command.Subcommands.Select(c => c.Name))}";
        }

        return free.FirstOrDefault(t => IsFlag(t) && IsUnknown(t, command)) is { } unknown
            ? UnknownFlagText(unknown, command)
            : parsed.UnmatchedTokens.Count > 0
                ? $"unexpected argument: {parsed.UnmatchedTokens[0]}"
                : parsed.Errors.Count > 0 ? parsed.Errors[0].Message.TrimEnd('.') : "the command line cannot be understood";
    }

    private static bool IsFlag(string token) => token.Length > 1 && token[0] == '-';

    private static bool IsUnknown(string token, Command command) =>
        !command.Options.Any(o => o.Name == token || o.Aliases.Contains(token));

    private static string UnknownFlagText(string token, Command command)
    {
        string flag = token.Split('=', 2)[0];
        return $"unknown flag: {flag}{Suggestion.Text(flag, command.Options.Where(o => !o.Hidden).SelectMany(o => o.Aliases.Prepend(o.Name)))}";
    }
}
