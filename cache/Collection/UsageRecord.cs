namespace Cairn.Cache.Collection;

/// <summary>One record of the cache, as <c>cairn du</c> lists it.</summary>
public sealed record UsageRecord
{
    /// <summary>Id of the record.</summary>
    public required string Id { get; init; }

    /// <summary>What made it, see <see cref="Refs.RefDescription"/>.</summary>
    public required string RecordType { get; init; }

    /// <summary>Whether its files change: a cache mount.</summary>
    public required bool Mutable { get; init; }

    /// <summary>Whether a running process uses it.</summary>
    public required bool InUse { get; init; }

    /// <summary>Bytes on disk that only this record has, directory and blobs; the sum over all records is what the cache takes.</summary>
    public required long Size { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was last used; null if never since it was made.</summary>
    public DateTimeOffset? LastUsedAt { get; init; }

    /// <summary>How often it was used.</summary>
    public required long UsageCount { get; init; }

    /// <summary>Ids of the records below it.</summary>
    public IReadOnlyList<string> Parents { get; init; } = [];

    /// <summary>What a person sees of it.</summary>
    public required string Description { get; init; }

    /// <summary>What it stands on and cannot be had now, because an additional store does not have it; null if nothing is missing.</summary>
    public string? Broken { get; init; }

    /// <summary>Whether something outside the cache refers to it.</summary>
    public bool Shared { get; init; }
}
