namespace Cairn.Cache.Collection;

/// <summary>What to remove. Without a limit, everything that is not in use.</summary>
public sealed record PruneOptions
{
    /// <summary>Also internal and frontend records.</summary>
    public bool All { get; init; }

    /// <summary>Keep what was used within this time.</summary>
    public TimeSpan KeepDuration { get; init; }

    /// <summary>Bytes that the cache may take; 0 is no limit.</summary>
    public long MaxUsedSpace { get; init; }

    /// <summary>Bytes that are always kept; 0 is none.</summary>
    public long ReservedSpace { get; init; }

    /// <summary>Bytes of the disk that should be free; 0 is no limit.</summary>
    public long MinFreeSpace { get; init; }

    /// <summary>The words under which the removal is noted, for whoever misses a record later.</summary>
    public string Rule { get; init; } = "prune";

    /// <summary>Filters, of which one must match; none matches everything. See <see cref="RecordFilter"/>.</summary>
    public IReadOnlyList<string> Filters { get; init; } = [];
}
