using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Cairn.Snapshotter.Store;

/// <summary>Where a store lies and how it works.</summary>
public sealed record StoreOptions
{
    /// <summary>Directory that the store owns; created if it is absent.</summary>
    public required string Root { get; init; }

    /// <summary>Directory for mounts and other things that need not survive a boot; created if it is absent.</summary>
    public required string RunRoot { get; init; }

    /// <summary>The clock.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Where log messages go.</summary>
    public ILoggerFactory Loggers { get; init; } = NullLoggerFactory.Instance;

    /// <summary>"overlay" or "native"; null takes overlay where the machine can.</summary>
    public string? Driver { get; init; }

    /// <summary>Identity of the running boot; null asks the kernel.</summary>
    public Guid? BootId { get; init; }

    /// <summary>Most lower layers in one overlay mount, 1 to 500: the kernel refuses more.</summary>
    public int MaxLowers
    {
        get;
        init => field = value is >= 1 and <= 500 ? value : throw new ArgumentOutOfRangeException(nameof(value));
    } = 500;

    /// <summary>
    /// Roots of other stores that layers and blobs are looked for in, in this order. They are read and never written to; see
    /// <see cref="Additional.AdditionalStores"/>.
    /// </summary>
    public IReadOnlyList<string> AdditionalStores { get; init; } = [];

    /// <summary>
    /// Called at open for each instance whose process is gone, before its mounts and directories are reclaimed: the place to end its
    /// containers. The directory is the dead instance's run directory, which may be absent.
    /// </summary>
    public Action<DeadInstance>? OnDeadInstance { get; init; }
}
