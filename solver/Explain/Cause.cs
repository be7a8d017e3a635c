namespace Cairn.Solver.Explain;

/// <summary>The first thing that is different, at its root. Which fields are set depends on the kind.</summary>
public sealed record Cause
{
    /// <summary>What kind of difference it is.</summary>
    public required CauseKind Kind { get; init; }

    /// <summary>What of the instruction: for instance <c>args</c>, <c>cwd</c>, <c>mount</c>, <c>copy.dest</c>.</summary>
    public string? Field { get; init; }

    /// <summary>What it is about: a variable, an argument, a mount point, an image, a URL.</summary>
    public string? Subject { get; init; }

    /// <summary>How it was; null if it was not there.</summary>
    public string? Old { get; init; }

    /// <summary>How it is; null if it is not there.</summary>
    public string? New { get; init; }

    /// <summary>Files that differ, in path order, at most <see cref="MostFiles"/>.</summary>
    public IReadOnlyList<FileChange>? Files { get; init; }

    /// <summary>How many files differ in all.</summary>
    public int? FileCount { get; init; }

    /// <summary>The rule that removed a result, or the flag that kept the cache from being used.</summary>
    public string? Rule { get; init; }

    /// <summary>When a result was removed.</summary>
    public DateTimeOffset? At { get; init; }

    /// <summary>More, in words.</summary>
    public string? Detail { get; init; }

    /// <summary>Most files that are listed.</summary>
    public const int MostFiles = 1000;
}
