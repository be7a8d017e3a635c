using Cairn.Solver.History;
using Cairn.Solver.Sessions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Cairn.Solver;

/// <summary>How a solver is set up.</summary>
public sealed record SolverOptions
{
    /// <summary>Directory of the store; created if it is absent.</summary>
    public required string Root { get; init; }

    /// <summary>Directory of runtime files, on a file system that is gone after a boot.</summary>
    public required string RunRoot { get; init; }

    /// <summary>
    /// Roots of other stores in which results, layers and blobs are found, in this order after the own one. They are only read, and used where
    /// they lie.
    /// </summary>
    public IReadOnlyList<string> AdditionalStores { get; init; } = [];

    /// <summary>Snapshotter: <c>overlay</c>, <c>native</c>; null takes what works.</summary>
    public string? Driver { get; init; }

    /// <summary>Most processes and file operations at a time, over all builds; at least 1.</summary>
    public int MaxParallelism
    {
        get;
        init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(value));
    } = Math.Max(4, Environment.ProcessorCount);

    /// <summary>Rights that builds may be granted: <c>network.host</c>, <c>security.insecure</c>, <c>device</c>.</summary>
    public IReadOnlyList<string> AllowedEntitlements { get; init; } = ["network.host", "security.insecure", "device"];

    /// <summary>The collector keeps the store below this many bytes; null is a tenth of the disk.</summary>
    public long? MaxUsedSpace { get; init; }

    /// <summary>How long records of builds are kept.</summary>
    public HistoryOptions History { get; init; } = new();

    /// <summary>
    /// The process stays, like a daemon: it makes what it writes durable every few seconds and takes over what processes that were killed
    /// left in the store.
    /// </summary>
    public bool IsLongLived { get; init; }

    /// <summary>Clients beside those of the builds; null if there are none.</summary>
    public ISessionDirectory? Clients { get; init; }

    /// <summary>The time.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Loggers.</summary>
    public ILoggerFactory Loggers { get; init; } = NullLoggerFactory.Instance;
}
