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

    /// <summary>Owner of unix sockets; null is the process's.</summary>
    public uint? SocketUser { get; init; }

    /// <summary>Group of unix sockets; null is the process's.</summary>
    public uint? SocketGroup { get; init; }

    /// <summary>PEM file of the certificate that listeners on TCP show, with what stands between it and its root; null is plain text.</summary>
    public string? TlsCertificate { get; init; }

    /// <summary>PEM file of its private key.</summary>
    public string? TlsKey { get; init; }

    /// <summary>PEM file of roots; with one, clients must show a certificate of theirs.</summary>
    public string? TlsAuthorities { get; init; }

    /// <summary>Least level that is logged.</summary>
    public LogLevel LogLevel { get; init; } = LogLevel.Information;

    /// <summary>Logs are JSON.</summary>
    public bool IsLogJson { get; init; }

    /// <summary>HOST:PORT of the pages for operators; null for none.</summary>
    public string? DebugAddress { get; init; }

    /// <summary>Rights that builds may be granted.</summary>
    public IReadOnlyList<string> AllowedEntitlements { get; init; } = ["device"];

    /// <summary>Builds beyond this many newer ones leave the history, once they are older than <see cref="HistoryAge"/>.</summary>
    public int HistoryEntries { get; init; } = 50;

    /// <summary>See <see cref="HistoryEntries"/>.</summary>
    public TimeSpan HistoryAge { get; init; } = TimeSpan.FromHours(48);

    /// <summary>Labels of the worker beside its own.</summary>
    public IReadOnlyDictionary<string, string> WorkerLabels { get; init; } = new Dictionary<string, string>();

    /// <summary>Platforms that the worker says it has; empty is the machine's.</summary>
    public IReadOnlyList<string> WorkerPlatforms { get; init; } = [];

    /// <summary>Snapshotter: <c>overlay</c>, <c>native</c>; null takes what works.</summary>
    public string? Driver { get; init; }

    /// <summary>Most steps at a time; null is the engine's own limit.</summary>
    public int? MaxParallelism { get; init; }

    /// <summary>What the cache may keep; empty keeps all.</summary>
    public IReadOnlyList<GcRule> GcRules { get; init; } = [];

    /// <summary>Frontends that may not be used: <c>dockerfile.v0</c>, <c>gateway.v0</c>.</summary>
    public IReadOnlyList<string> DisabledFrontends { get; init; } = [];

    /// <summary>Repositories that frontend images may come from; null allows all.</summary>
    public IReadOnlyList<string>? AllowedFrontendSources { get; init; }

    /// <summary>What was said and has no effect, one sentence each.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
}
