namespace Cairn.Solver;

/// <summary>What to remove from the cache. Without a limit, everything that is not in use.</summary>
public sealed record PruneRequest
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

    /// <summary>Filters, of which one must match; none matches everything. Syntax as in control-and-status.md, section 19.</summary>
    public IReadOnlyList<string> Filters { get; init; } = [];
}
