using System.CommandLine;
using Cairn.Cli.Settings;

namespace Cairn.Cli.Commands;

/// <summary><c>--addr</c>: the daemon that a command is for.</summary>
internal static class DaemonOption
{
    private static readonly string[] Variables = ["CAIRN_ADDR", "BUILDKIT_HOST"];

    public static Option<string?> Create() => new("--addr")
    {
        HelpName = "ADDRESS",
        Description = "Let this daemon do it: unix://PATH, tcp://HOST:PORT or ssh://HOST (default: $CAIRN_ADDR, $BUILDKIT_HOST, else this process)",
    };

    /// <summary>The address; null if the command is for a store of this machine. A store that is named wins over the environment.</summary>
    /// <exception cref="UsageException">Both a daemon and a store are named.</exception>
    public static string? Read(ParseResult parsed, Option<string?> address, Option<string?>? root, Option<string[]>? additionalStore)
    {
        bool isStore = (root is not null && parsed.GetValue(root) is not null) || (additionalStore is not null && parsed.GetValue(additionalStore) is { Length: > 0 });
        if (parsed.GetValue(address) is { } given)
        {
            return isStore ? throw new UsageException("--addr: a daemon has its own store, so --root and --additional-store have no meaning beside it") : given;
        }

        return isStore ? null : Variables.Select(Environment.GetEnvironmentVariable).FirstOrDefault(static value => !string.IsNullOrEmpty(value));
    }

    /// <summary>The address of a command that needs one.</summary>
    /// <exception cref="UsageException">No daemon is named.</exception>
    public static string Require(ParseResult parsed, Option<string?> address) =>
        Read(parsed, address, root: null, additionalStore: null) ?? throw new UsageException("the daemon is not named: give --addr ADDRESS or set CAIRN_ADDR");
}
