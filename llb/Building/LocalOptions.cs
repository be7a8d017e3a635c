namespace Cairn.Llb.Building;

/// <summary>What is sent of a local directory.</summary>
public sealed record LocalOptions
{
    /// <summary>Session that has the directory; null for the one that solves, then the source has a unique id instead.</summary>
    public string? SessionId { get; init; }

    /// <summary>Only what matches; empty for everything.</summary>
    public IReadOnlyList<string> IncludePatterns { get; init; } = [];

    /// <summary>Not what matches.</summary>
    public IReadOnlyList<string> ExcludePatterns { get; init; } = [];

    /// <summary>Only these paths and where their symbolic links lead; empty for everything.</summary>
    public IReadOnlyList<string> FollowPaths { get; init; } = [];

    /// <summary>Names the directory, so that later builds send only what changed.</summary>
    public string? SharedKeyHint { get; init; }

    /// <summary>How changes are found: "metadata", "none", or null for the default.</summary>
    public string? Differ { get; init; }

    /// <summary>Refuse daemons that cannot do what <see cref="Differ"/> says.</summary>
    public bool RequireDiffer { get; init; }

    /// <summary>Send names and attributes only.</summary>
    public bool MetadataOnly { get; init; }

    /// <summary>Patterns of files that are sent with content although <see cref="MetadataOnly"/> is set.</summary>
    public IReadOnlyList<string> MetadataOnlyExceptions { get; init; } = [];
}
