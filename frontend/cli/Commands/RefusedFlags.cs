using System.CommandLine;
using Cairn.Cli.Settings;

namespace Cairn.Cli.Commands;

/// <summary>Flags that users of docker buildx may bring along and that do not exist here yet: each is refused by name, with the reason, never ignored.</summary>
internal static class RefusedFlags
{
    private static readonly (string Name, string Reason)[] Refused =
    [
        ("--annotation", "annotations are given as output attributes: --output type=image,annotation.KEY=VALUE"),
        ("--attest", "attestations are missing in this version"),
        ("--builder", "there are no builders to choose from: the engine runs in this process"),
        ("--call", "frontend subrequests are missing in this version"),
        ("--check", "lint warnings are shown with every build; a run that only checks is missing in this version"),
        ("--isolation", "only Linux containers exist"),
        ("--policy", "source policies are missing in this version"),
    ];

    public static void AddTo(Command command)
    {
        foreach ((string name, _) in Refused)
        {
            command.Options.Add(new Option<string[]>(name) { Hidden = true, Arity = ArgumentArity.ZeroOrMore });
        }
    }

    /// <exception cref="UsageException">One of them is on the command line.</exception>
    public static void Check(ParseResult parsed)
    {
        foreach ((string name, string reason) in Refused)
        {
            if (parsed.GetResult(name) is { } result && result.ToString() is not null && parsed.Tokens.Any(t => t.Value == name))
            {
                throw new UsageException($"{name} is not supported: {reason}");
            }
        }
    }
}
