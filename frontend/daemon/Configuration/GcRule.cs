namespace Cairn.Daemon.Configuration;

/// <summary>One rule of what the cache may keep; rules are carried out in order after builds.</summary>
/// <remarks>Source: control-and-status.md, section 19.</remarks>
public sealed record GcRule
{
    /// <summary>Also internal and frontend records.</summary>
    public bool All { get; init; }

    /// <summary>Filters, of which one must match; none matches everything.</summary>
    public IReadOnlyList<string> Filters { get; init; } = [];

    /// <summary>What was used within this time stays; zero spares nothing.</summary>
    public TimeSpan KeepDuration { get; init; }

    /// <summary>Bytes that are always kept; 0 is none.</summary>
    public long ReservedSpace { get; init; }

    /// <summary>Bytes that the cache may take; 0 is no limit.</summary>
    public long MaxUsedSpace { get; init; }

    /// <summary>Bytes of the disk that should be free; 0 is no limit.</summary>
    public long MinFreeSpace { get; init; }
}
