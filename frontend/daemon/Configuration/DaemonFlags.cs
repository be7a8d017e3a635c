using Microsoft.Extensions.Logging;

namespace Cairn.Daemon.Configuration;

/// <summary>The daemon's flags, and what they mean.</summary>
internal static class DaemonFlags
{
    private const string DefaultRoot = "/var/lib/cairn";
    private const string DefaultRunRoot = "/run/cairn";
    private const string DefaultAddress = "unix:///run/buildkit/buildkitd.sock";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<DaemonFlag> All { get; } =
    [
        new("root", false, "directory of the store"),
        new("addr", false, "listen address, repeatable: unix://PATH, tcp://HOST:PORT, fd://"),
        new("debug", true, "log more"),
    ];

    /// <summary>Reads a command line.</summary>
    /// <exception cref="Cairn.Llb.BuildException">Input: it cannot be understood.</exception>
    public static DaemonSettings Read(IReadOnlyList<string> arguments)
    {
        IReadOnlyDictionary<string, IReadOnlyList<string>> values = new FlagReader(All).Read(arguments);
        return new DaemonSettings
        {
            Root = Path.GetFullPath(Last("root") ?? DefaultRoot),
            RunRoot = DefaultRunRoot,
            Addresses = values.GetValueOrDefault("addr") ?? [DefaultAddress],
            LogLevel = Last("debug") == "true" ? LogLevel.Debug : LogLevel.Information,
        };

        string? Last(string name) => values.TryGetValue(name, out IReadOnlyList<string>? given) ? given[^1] : null;
    }
}
