using System.Text.Json;

namespace Cairn.Solver.History;

/// <summary>One line of the list of builds.</summary>
public sealed record BuildSummary
{
    /// <summary>The build.</summary>
    public required BuildId Id { get; init; }

    /// <summary>What was built.</summary>
    public required BuildLabel Label { get; init; }

    /// <summary>How it stands.</summary>
    public required BuildStatus Status { get; init; }

    /// <summary>When it began.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>When it ended; null while it runs, and if nobody knows.</summary>
    public DateTimeOffset? Completed { get; init; }

    /// <summary>Steps that were needed.</summary>
    public int Steps { get; init; }

    /// <summary>Steps of those that came from the cache.</summary>
    public int CachedSteps { get; init; }

    /// <summary>Warnings that were shown.</summary>
    public int Warnings { get; init; }

    /// <summary>Bytes of its record and logs on disk.</summary>
    public long Bytes { get; init; }

    /// <summary>The client's name of it; empty if it had none.</summary>
    public string Ref { get; init; } = "";

    /// <summary>It is kept whatever the limits say.</summary>
    public bool IsPinned { get; init; }

    /// <summary>Why it failed, one line; empty if it did not.</summary>
    public string Error { get; init; } = "";

    /// <summary>How long it took, or takes so far.</summary>
    /// <param name="now">The time.</param>
    /// <returns>Null if nobody knows when it ended.</returns>
    public TimeSpan? Duration(DateTimeOffset now) => Completed is { } end ? end - Created : Status == BuildStatus.Running ? now - Created : null;

    /// <summary>One line of JSON; docs/cli.md tells its fields.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, ReadableJson.Context.BuildSummary);
}
