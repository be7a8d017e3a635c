namespace Cairn.Solver;

/// <summary>One record of the cache, as <c>cairn du</c> lists it.</summary>
public sealed record StoredRecord
{
    /// <summary>Id of the record.</summary>
    public required string Id { get; init; }

    /// <summary>What made it: <c>regular</c>, <c>internal</c>, <c>frontend</c>, <c>source.local</c>, <c>source.git.checkout</c>, <c>exec.cachemount</c>.</summary>
    public required string RecordType { get; init; }

    /// <summary>Its files change: a cache mount.</summary>
    public required bool IsMutable { get; init; }

    /// <summary>A running process uses it.</summary>
    public required bool IsInUse { get; init; }

    /// <summary>Something outside the cache refers to it.</summary>
    public required bool IsShared { get; init; }

    /// <summary>Bytes on disk that only this record has.</summary>
    public required long Size { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was last used; null if never since it was made.</summary>
    public required DateTimeOffset? LastUsedAt { get; init; }

    /// <summary>How often it was used.</summary>
    public required long UsageCount { get; init; }

    /// <summary>Ids of the records below it.</summary>
    public required IReadOnlyList<string> Parents { get; init; }

    /// <summary>What a person sees of it.</summary>
    public required string Description { get; init; }

    /// <summary>What is missing of it, because an additional store does not have it now; null if nothing is. It is not removed for that.</summary>
    public string? Broken { get; init; }
}
