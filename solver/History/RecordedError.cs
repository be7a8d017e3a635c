using Cairn.Llb;

namespace Cairn.Solver.History;

/// <summary>Why a build failed.</summary>
public sealed record RecordedError
{
    /// <summary>The whole message.</summary>
    public required string Message { get; init; }

    /// <summary>Who can act.</summary>
    public required string Kind { get; init; }

    /// <summary>What may help; null if that is plain.</summary>
    public string? Remedy { get; init; }

    /// <summary>The step that failed; null if none did.</summary>
    public Digest? Step { get; init; }

    /// <summary>The kind of its op, as in <see cref="StepRecord.Kind"/>; null if no step failed.</summary>
    public string? Op { get; init; }

    /// <summary>Where it stands in the source.</summary>
    public SourceLines? Source { get; init; }

    /// <summary>The command that failed, its arguments joined; null if the step runs none.</summary>
    public string? Command { get; init; }

    /// <summary>Exit code of the command; null if it has none.</summary>
    public int? ExitCode { get; init; }
}
