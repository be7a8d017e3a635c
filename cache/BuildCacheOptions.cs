using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Cairn.Cache;

/// <summary>How the cache works.</summary>
public sealed record BuildCacheOptions
{
    /// <summary>The clock; times of records come from it.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Where log messages go.</summary>
    public ILoggerFactory Loggers { get; init; } = NullLoggerFactory.Instance;

    /// <summary>Most blobs that are fetched at once, at least 1.</summary>
    public int MaxTransfers
    {
        get;
        init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(value));
    } = 4;

    /// <summary>Bytes that the store may take after a build; null is a tenth of the disk.</summary>
    public long? MaxUsedSpace { get; init; }
}
