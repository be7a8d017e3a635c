namespace Cairn.Llb.Building;

/// <summary>How files are copied.</summary>
public sealed record CopyOptions
{
    /// <summary>Mode of everything copied, with set-user-id, set-group-id and sticky bits; null keeps each file's own.</summary>
    public int? Mode { get; init; }

    /// <summary>Symbolic mode such as "u=rwX,go=rX"; not together with <see cref="Mode"/>.</summary>
    public string? SymbolicMode { get; init; }

    /// <summary>Owner of everything copied; null keeps each file's own.</summary>
    public FileOwner? Owner { get; init; }

    /// <summary>Modification time, nanoseconds since 1970; null keeps each file's own.</summary>
    public long? Timestamp { get; init; }

    /// <summary>Copy what a symbolic link leads to.</summary>
    public bool FollowSymlinks { get; init; }

    /// <summary>Copy the content of a source directory instead of the directory.</summary>
    public bool CopyDirectoryContents { get; init; }

    /// <summary>Unpack a source file that is an archive.</summary>
    public bool AttemptUnpack { get; init; }

    /// <summary>Create the parents of the destination.</summary>
    public bool CreateDestinationPath { get; init; }

    /// <summary>The source is a pattern.</summary>
    public bool AllowWildcard { get; init; }

    /// <summary>A pattern may match nothing.</summary>
    public bool AllowEmptyWildcard { get; init; }

    /// <summary>Replace what is in the way, a directory by a file for instance.</summary>
    public bool AlwaysReplace { get; init; }

    /// <summary>Only what matches, relative to the source; empty for everything.</summary>
    public IReadOnlyList<string> IncludePatterns { get; init; } = [];

    /// <summary>Not what matches, relative to the source.</summary>
    public IReadOnlyList<string> ExcludePatterns { get; init; } = [];

    /// <summary>Paths that must be among what is copied.</summary>
    public IReadOnlyList<string> RequiredPaths { get; init; } = [];
}
