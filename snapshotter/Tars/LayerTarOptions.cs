namespace Cairn.Snapshotter.Tars;

/// <summary>How a tree is written as an archive.</summary>
public sealed record LayerTarOptions
{
    /// <summary>Times later than this are set to it, seconds since 1970 (SOURCE_DATE_EPOCH); null keeps all times.</summary>
    public long? ClampSeconds { get; init; }

    /// <summary>Times are written to the nanosecond; else cut to seconds.</summary>
    public bool Nanoseconds { get; init; } = true;

    /// <summary>As the tree is.</summary>
    public static LayerTarOptions Default { get; } = new();
}
