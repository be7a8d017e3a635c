namespace Cairn.Solver.History;

/// <summary>How long records of builds are kept. What exceeds one of the limits goes, the oldest first, after each build.</summary>
public sealed record HistoryOptions
{
    /// <summary>Most builds; 0 keeps no records at all.</summary>
    public int MaxBuilds
    {
        get;
        init => field = value >= 0 ? value : throw new ArgumentOutOfRangeException(nameof(value));
    } = 500;

    /// <summary>Records older than this go.</summary>
    public TimeSpan MaxAge { get; init; } = TimeSpan.FromDays(30);

    /// <summary>A record goes only when there are more than <see cref="MaxBuilds"/> newer ones and it is older than <see cref="MaxAge"/>.</summary>
    public bool NeedsBothLimits { get; init; }

    /// <summary>Most bytes of records and logs; the newest build always stays.</summary>
    public long MaxBytes { get; init; } = 1L << 30;

    /// <summary>Most failed steps whose filesystems are kept; 0 keeps none.</summary>
    public int MaxKeptSteps { get; init; } = 10;

    /// <summary>Most bytes that kept filesystems of failed steps take, beside what the cache has anyway.</summary>
    public long MaxKeptBytes { get; init; } = 2L << 30;
}
