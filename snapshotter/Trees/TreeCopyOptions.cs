namespace Cairn.Snapshotter.Trees;

/// <summary>How <see cref="TreeCopy"/> copies; the defaults are those of a copy action without options.</summary>
/// <remarks>Source: LLB's FileActionCopy.</remarks>
public sealed record TreeCopyOptions
{
    /// <summary>Owner of everything copied and of parent directories made; null keeps the source's (root for parents).</summary>
    public FileOwner? Owner { get; init; }

    /// <summary>Permission bits of everything copied (symbolic links keep theirs) and of parent directories made; null keeps the source's (0755).</summary>
    public uint? Mode { get; init; }

    /// <summary>Symbolic change of the source's mode, such as <c>u=rwX,go=rX</c>; wins over <see cref="Mode"/>, which then is not used.</summary>
    public string? ModeText { get; init; }

    /// <summary>Time of everything copied and made, nanoseconds since 1970; null keeps the source's.</summary>
    public long? Timestamp { get; init; }

    /// <summary>A source that is a symbolic link is followed.</summary>
    public bool FollowSymlink { get; init; }

    /// <summary>The contents of a source directory go into the destination, not the directory itself.</summary>
    public bool DirectoryContents { get; init; }

    /// <summary>Missing parents of the destination are made; without it they are an error.</summary>
    public bool CreateDestinationPath { get; init; }

    /// <summary>Something of another kind at a target is removed first instead of being an error.</summary>
    public bool AlwaysReplace { get; init; }

    /// <summary>The source may have wildcards, and each match is copied on its own.</summary>
    public bool AllowWildcard { get; init; }

    /// <summary>No match of a wildcard is fine.</summary>
    public bool AllowEmptyWildcard { get; init; }

    /// <summary>A source that is a tar archive, compressed or not, is unpacked into the destination.</summary>
    public bool UnpackArchives { get; init; }

    /// <summary>Only what matches is copied; paths are relative to the source. Empty takes everything.</summary>
    public IReadOnlyList<string> Include { get; init; } = [];

    /// <summary>What matches is left out; paths are relative to the source.</summary>
    public IReadOnlyList<string> Exclude { get; init; } = [];
}
