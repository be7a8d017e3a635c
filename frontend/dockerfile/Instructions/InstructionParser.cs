using System.Globalization;
using System.Text.RegularExpressions;
using Cairn.Frontend.Dockerfile.Images;
using Cairn.Frontend.Dockerfile.Parsing;

namespace Cairn.Frontend.Dockerfile.Instructions;

/// <summary>Understands single instructions: their flags and arguments.</summary>
internal sealed partial class InstructionParser(char escape)
{
    private static readonly string[] Names =
    [
        "ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL", "MAINTAINER", "ONBUILD", "RUN",
        "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR",
    ];

    private static readonly Dictionary<string, FlagKind> NoFlags = [];
    private static readonly Dictionary<string, FlagKind> FromFlags = new() { ["platform"] = FlagKind.Single };

    private static readonly Dictionary<string, FlagKind> RunFlags = new()
    {
        ["mount"] = FlagKind.Repeatable, ["network"] = FlagKind.Single, ["security"] = FlagKind.Single, ["device"] = FlagKind.Repeatable,
    };

    private static readonly Dictionary<string, FlagKind> CopyFlagKinds = new()
    {
        ["from"] = FlagKind.Single, ["chown"] = FlagKind.Single, ["chmod"] = FlagKind.Single, ["link"] = FlagKind.Switch,
        ["parents"] = FlagKind.Switch, ["exclude"] = FlagKind.Repeatable,
    };

    private static readonly Dictionary<string, FlagKind> AddFlagKinds = new()
    {
        ["chown"] = FlagKind.Single, ["chmod"] = FlagKind.Single, ["link"] = FlagKind.Switch, ["keep-git-dir"] = FlagKind.Switch,
        ["checksum"] = FlagKind.Single, ["unpack"] = FlagKind.Switch, ["exclude"] = FlagKind.Repeatable,
    };

    private static readonly Dictionary<string, FlagKind> HealthCheckFlags = new()
    {
        ["interval"] = FlagKind.Single, ["timeout"] = FlagKind.Single, ["start-period"] = FlagKind.Single,
        ["start-interval"] = FlagKind.Single, ["retries"] = FlagKind.Single,
    };

    /// <exception cref="SyntaxFault">Flags or arguments are wrong.</exception>
    public static Stage ParseFrom(InstructionText text)
    {
        FlagSet flags = FlagSet.Parse(text.Flags, FromFlags);
        IReadOnlyList<string> words = WordList.SplitAtBlanks(text.Rest);
        if (words.Count is not (1 or 3) || (words.Count == 3 && !words[1].Equals("as", StringComparison.OrdinalIgnoreCase)))
        {
            throw new SyntaxFault("FROM requires either one or three arguments");
        }
        string? name = words.Count == 3 ? words[2].ToLowerInvariant() : null;
        if (name is not null && !StageName().IsMatch(name))
        {
            throw new SyntaxFault($"invalid name for build stage: \"{words[2]}\", name can't start with a number or contain symbols");
        }
        return new Stage(text, words[0], name, flags.Text("platform"), []);
    }

    /// <exception cref="SyntaxFault">The name is unknown, or flags or arguments are wrong.</exception>
    public Instruction Parse(InstructionText text) => text.Keyword switch
    {
        "add" => ParseAdd(text),
        "arg" => new ArgInstruction(text, ParseArguments(WithoutFlags(text))),
        "cmd" => new CmdInstruction(text, ParseCommand(WithoutFlags(text))),
        "copy" => ParseCopy(text),
        "entrypoint" => new EntrypointInstruction(text, ParseCommand(WithoutFlags(text))),
        "env" => new EnvInstruction(text, ParsePairs(WithoutFlags(text))),
        "expose" => new ExposeInstruction(text, AtLeastOne(text, WordList.SplitAtBlanks(WithoutFlags(text).Rest))),
        "from" => throw new SyntaxFault("FROM isn't allowed here"),
        "healthcheck" => ParseHealthCheck(text),
        "label" => new LabelInstruction(text, ParsePairs(WithoutFlags(text))),
        "maintainer" => new MaintainerInstruction(text, ExactlyOne(text)),
        "onbuild" => ParseOnBuild(text),
        "run" => ParseRun(text),
        "shell" => ParseShell(text),
        "stopsignal" => new StopSignalInstruction(text, ExactlyOne(text)),
        "user" => new UserInstruction(text, ExactlyOne(text)),
        "volume" => ParseVolume(text),
        "workdir" => new WorkdirInstruction(text, ExactlyOne(text)),
        _ => throw new SyntaxFault($"unknown instruction: {text.Name}{Suggestion.For(text.Name, Names)}"),
    };

    private static InstructionText WithoutFlags(InstructionText text)
    {
        FlagSet.Parse(text.Flags, NoFlags);
        return text;
    }

    private static string ExactlyOne(InstructionText text)
    {
        FlagSet.Parse(text.Flags, NoFlags);
        return text.Rest.Length > 0 ? text.Rest : throw new SyntaxFault($"{text.Keyword.ToUpperInvariant()} requires exactly one argument");
    }

    private static IReadOnlyList<string> AtLeastOne(InstructionText text, IReadOnlyList<string> words) =>
        words.Count > 0 ? words : throw new SyntaxFault($"{text.Keyword.ToUpperInvariant()} requires at least one argument");

    private List<KeyValue> ParsePairs(InstructionText text)
    {
        string name = text.Keyword.ToUpperInvariant();
        IReadOnlyList<string> words = AtLeastOne(text, WordList.SplitQuoted(text.Rest, escape));
        if (!words[0].Contains('=', StringComparison.Ordinal))
        {
            (string key, string? value) = WordList.CutAtBlanks(text.Rest);
            return value is null ? throw new SyntaxFault($"{name} must have two arguments") : [new KeyValue(key, value)];
        }
        var pairs = new List<KeyValue>();
        foreach (string word in words)
        {
            int equals = word.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0)
            {
                throw new SyntaxFault($"Syntax error - can't find = in \"{word}\". Must be of the form: name=value");
            }
            pairs.Add(NamedPair(name, word[..equals], word[(equals + 1)..]));
        }
        return pairs;
    }

    private List<KeyValue> ParseArguments(InstructionText text)
    {
        var arguments = new List<KeyValue>();
        foreach (string word in AtLeastOne(text, WordList.SplitQuoted(text.Rest, escape)))
        {
            int equals = word.IndexOf('=', StringComparison.Ordinal);
            arguments.Add(equals < 0 ? new KeyValue(word, null) : NamedPair("ARG", word[..equals], word[(equals + 1)..]));
        }
        return arguments;
    }

    private static KeyValue NamedPair(string instruction, string key, string value) =>
        key.Length > 0 ? new KeyValue(key, value) : throw new SyntaxFault($"{instruction} names can not be blank");

    private static CommandLine ParseCommand(InstructionText text) => ParseCommand(text.Rest, text.Heredocs);

    private static CommandLine ParseCommand(string rest, IReadOnlyList<Heredoc> heredocs) =>
        JsonForm.TryParse(rest) is { } arguments
            ? new CommandLine(arguments, IsShellForm: false, [])
            : new CommandLine(rest.Length == 0 ? [] : [rest], IsShellForm: true, heredocs);

    private static RunInstruction ParseRun(InstructionText text)
    {
        FlagSet flags = FlagSet.Parse(text.Flags, RunFlags);
        if (flags.All("device").Count > 0)
        {
            throw new SyntaxFault("device feature is only supported in Dockerfile frontend 1.14.0-labs or later");
        }
        CommandLine command = ParseCommand(text);
        if (command.Arguments.Count == 0)
        {
            throw new SyntaxFault("RUN requires at least one argument");
        }
        string network = flags.Text("network") ?? "default";
        if (network is not ("default" or "none" or "host"))
        {
            throw new SyntaxFault($"invalid network mode: \"{network}\"");
        }
        string security = flags.Text("security") ?? "sandbox";
        if (security is not ("sandbox" or "insecure"))
        {
            throw new SyntaxFault($"security mode \"{security}\" is not valid");
        }
        return new RunInstruction(text, command, [.. flags.All("mount").Select(MountFlag.Parse)], network, security);
    }

    private static ShellInstruction ParseShell(InstructionText text)
    {
        FlagSet.Parse(text.Flags, NoFlags);
        IReadOnlyList<string> words = JsonForm.TryParse(text.Rest)
            ?? throw new SyntaxFault("SHELL requires the arguments to be in JSON form");
        return new ShellInstruction(text, AtLeastOne(text, words));
    }

    private static VolumeInstruction ParseVolume(InstructionText text)
    {
        FlagSet.Parse(text.Flags, NoFlags);
        IReadOnlyList<string> paths = AtLeastOne(text, JsonForm.TryParse(text.Rest) ?? WordList.SplitAtBlanks(text.Rest));
        return paths.Any(path => path.Trim().Length == 0)
            ? throw new SyntaxFault("VOLUME specified can not be an empty string")
            : new VolumeInstruction(text, [.. paths.Select(path => path.Trim())]);
    }

    private OnBuildInstruction ParseOnBuild(InstructionText text)
    {
        FlagSet.Parse(text.Flags, NoFlags);
        if (text.Rest.Length == 0)
        {
            throw new SyntaxFault("ONBUILD requires at least one argument");
        }
        InstructionText trigger = InstructionLine.Split(text.Rest, escape, []) with { Heredocs = text.Heredocs };
        switch (trigger.Keyword)
        {
            case "onbuild":
                throw new SyntaxFault("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed");
            case "maintainer" or "from":
                throw new SyntaxFault($"{trigger.Keyword.ToUpperInvariant()} isn't allowed as an ONBUILD trigger");
            default:
                break;
        }
        Parse(trigger);   // a trigger that cannot be understood is an error of this file
        string documents = string.Concat(text.Heredocs.Select(heredoc => $"\n{heredoc.Content}{heredoc.Name}"));
        return new OnBuildInstruction(text, text.Rest + documents);
    }

    private static HealthCheckInstruction ParseHealthCheck(InstructionText text)
    {
        FlagSet flags = FlagSet.Parse(text.Flags, HealthCheckFlags);
        if (text.Rest.Length == 0)
        {
            throw new SyntaxFault("HEALTHCHECK requires at least one argument");
        }
        (string kind, string? rest) = WordList.CutAtBlanks(text.Rest);
        if (kind.Equals("none", StringComparison.OrdinalIgnoreCase))
        {
            return rest is null
                ? new HealthCheckInstruction(text, new HealthCheck(["NONE"]))
                : throw new SyntaxFault("HEALTHCHECK NONE takes no arguments");
        }
        if (!kind.Equals("cmd", StringComparison.OrdinalIgnoreCase))
        {
            throw new SyntaxFault($"Unknown type \"{kind.ToUpperInvariant()}\" in HEALTHCHECK (try CMD)");
        }
        CommandLine command = ParseCommand(rest ?? "", []);
        if (command.Arguments.Count == 0)
        {
            throw new SyntaxFault("Missing command after HEALTHCHECK CMD");
        }
        return new HealthCheckInstruction(text, new HealthCheck([command.IsShellForm ? "CMD-SHELL" : "CMD", .. command.Arguments])
        {
            Interval = Duration(flags, "interval"),
            Timeout = Duration(flags, "timeout"),
            StartPeriod = Duration(flags, "start-period"),
            StartInterval = Duration(flags, "start-interval"),
            Retries = Retries(flags),
        });
    }

    private static GoDuration Duration(FlagSet flags, string name)
    {
        if (flags.Text(name) is not { } text)
        {
            return default;
        }
        GoDuration duration = GoDuration.TryParse(text) ?? throw new SyntaxFault($"invalid duration \"{text}\" on flag: --{name}");
        return duration.Nanoseconds == 0 || duration.Nanoseconds >= 1_000_000
            ? duration
            : throw new SyntaxFault($"Interval \"{name}\" cannot be less than 1ms");
    }

    private static int Retries(FlagSet flags)
    {
        if (flags.Text("retries") is not { } text)
        {
            return 0;
        }
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int retries)
            ? retries
            : throw new SyntaxFault($"--retries must be at least 0, and a number, not: {text}");
    }

    [GeneratedRegex(@"\A[a-z][a-z0-9-_.]*\z", RegexOptions.CultureInvariant)]
    private static partial Regex StageName();
}
