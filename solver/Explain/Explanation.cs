using System.Text.Json;
using Cairn.Solver.History;

namespace Cairn.Solver.Explain;

/// <summary>Why a step was carried out, or that it was not.</summary>
public sealed record Explanation
{
    /// <summary>The version of this form.</summary>
    public int Format { get; init; } = 1;

    /// <summary>The build.</summary>
    public required BuildId Build { get; init; }

    /// <summary>The step.</summary>
    public required ExplainedStep Step { get; init; }

    /// <summary>What became of it.</summary>
    public required StepOutcome Outcome { get; init; }

    /// <summary>How a cached result was found: <c>definition</c>, <c>inputs</c> or <c>content</c>; null if none was.</summary>
    public string? Hit { get; init; }

    /// <summary>What it was compared with; null if there is nothing.</summary>
    public EarlierStep? Earlier { get; init; }

    /// <summary>Why it was carried out; null if it was not.</summary>
    public Cause? Cause { get; init; }

    /// <summary>From the step down to the one that the cause is about, both included.</summary>
    public IReadOnlyList<ExplainedStep> Path { get; init; } = [];

    /// <summary>One line of JSON; docs/explain.md tells its fields.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, ReadableJson.Context.Explanation);
}
