namespace Cairn.Solver.Sources;

/// <summary>What a git source asks for.</summary>
internal sealed record GitSourceOptions
{
    /// <summary>URL that git is given.</summary>
    public required string Remote { get; init; }

    /// <summary>Branch, tag, full ref or commit; empty is the remote's default branch.</summary>
    public required string Ref { get; init; }

    /// <summary>Directory whose content is the result, clean and without slashes at its ends; empty is the root.</summary>
    public required string Subdirectory { get; init; }

    public required bool KeepsGitDirectory { get; init; }

    public required bool SkipsSubmodules { get; init; }

    /// <summary>All times become the commit's.</summary>
    public required bool UsesCommitTime { get; init; }

    /// <summary>Hexadecimal prefix of the commit (or tag object) that must be found; null is any.</summary>
    public required string? Checksum { get; init; }

    /// <summary>The commit of the checksum is fetched itself; the ref is only a name.</summary>
    public required bool FetchesByCommit { get; init; }

    public required string? AuthHeaderSecret { get; init; }

    public required string? AuthTokenSecret { get; init; }
}
