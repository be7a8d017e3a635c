using Cairn.Snapshotter.Merging;
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

    /// <summary>How files of several layers get into one tree; null takes the cheapest that the machine can do.</summary>
    public MergeStrategy? Strategy { get; init; }

    /// <summary>
    /// Most lower layers that one overlay mount is meant to have, 2 to 499: above it, older layers are flattened in the background.
    /// </summary>
    public int MaxLowers
    {
        get;
        init => field = value is >= 2 and <= 499 ? value : throw new ArgumentOutOfRangeException(nameof(value));
    } = 128;

    /// <summary>
    /// Roots of other stores that layers and blobs are looked for in, in this order. They are read and never written to; see
    /// <see cref="Additional.AdditionalStores"/>.
    /// </summary>
    public IReadOnlyList<string> AdditionalStores { get; init; } = [];

    /// <summary>
    /// The process stays, like a daemon: what is written is sealed every <see cref="SealInterval"/>, and what dead instances left is taken
    /// over every <see cref="RecoveryInterval"/>. A one-shot command does the first when it is asked to and the second when it opens the store.
    /// </summary>
    public bool IsLongLived { get; init; }

    /// <summary>How long what was deleted or written may wait for the disk; longer than zero.</summary>
    public TimeSpan SealInterval
    {
        get;
        init => field = value > TimeSpan.Zero ? value : throw new ArgumentOutOfRangeException(nameof(value));
    } = TimeSpan.FromSeconds(5);

    /// <summary>How often a process that stays looks for dead instances and for trash that could not be deleted; longer than zero.</summary>
    public TimeSpan RecoveryInterval
    {
        get;
        init => field = value > TimeSpan.Zero ? value : throw new ArgumentOutOfRangeException(nameof(value));
    } = TimeSpan.FromSeconds(5);

    /// <summary>Most entries that may wait in the trash; above it, whoever adds more waits until some are deleted.</summary>
    public int MaxTrashBacklog
    {
        get;
        init => field = value > 0 ? value : throw new ArgumentOutOfRangeException(nameof(value));
    } = 1000;

    /// <summary>How long closing the store may take for deleting; the rest is left to whoever opens the store next.</summary>
    public TimeSpan CloseBudget { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// Called for each instance whose process is found gone, before its mounts and directories are reclaimed: the place to end its
    /// containers. The directory is the dead instance's run directory, which may be absent.
    /// </summary>
    public Action<DeadInstance>? OnDeadInstance { get; init; }
}
