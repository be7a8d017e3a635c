using Microsoft.Extensions.Logging;

namespace Cairn.Daemon.Configuration;

/// <summary>All that can be said to a daemon, from its flags and its file.</summary>
public sealed record DaemonSettings
{
    /// <summary>Directory of the store.</summary>
    public required string Root { get; init; }

    /// <summary>Directory of runtime files, on a file system that is gone after a boot.</summary>
    public required string RunRoot { get; init; }

    /// <summary>Where the daemon listens: <c>unix://path</c>, <c>tcp://host:port</c>, <c>fd://</c>.</summary>
    public IReadOnlyList<string> Addresses { get; init; } = [];

    /// <summary>Builds beyond this many newer ones leave the history, once they are older than <see cref="HistoryAge"/>.</summary>
    public int HistoryEntries { get; init; } = 50;

    /// <summary>See <see cref="HistoryEntries"/>.</summary>
    public TimeSpan HistoryAge { get; init; } = TimeSpan.FromHours(48);

    /// <summary>Least level that is logged.</summary>
    public LogLevel LogLevel { get; init; } = LogLevel.Information;
}
