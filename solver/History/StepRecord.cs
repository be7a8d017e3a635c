using System.Text.Json.Serialization;
using Cairn.Llb;

namespace Cairn.Solver.History;

/// <summary>One step of a build: a vertex of its definition, or work beside it such as an export.</summary>
public sealed record StepRecord
{
    /// <summary>Names the step in its build.</summary>
    public required Digest Digest { get; init; }

    /// <summary>For people.</summary>
    public required string Name { get; init; }

    /// <summary>The kind of op (<c>source</c>, <c>exec</c>, <c>file</c>, <c>merge</c>, <c>diff</c>, <c>build</c>, <c>passthrough</c>); empty for work that is no vertex.</summary>
    public string Kind { get; init; } = "";

    /// <summary>One for each input.</summary>
    public IReadOnlyList<Digest> Inputs { get; init; } = [];

    /// <summary>Where it was written; null if nobody said.</summary>
    public SourceLines? Source { get; init; }

    /// <summary>What became of it.</summary>
    public required StepOutcome Outcome { get; init; }

    /// <summary>When it was worked on, in order.</summary>
    public IReadOnlyList<WorkSpan> Spans { get; init; } = [];

    /// <summary>When it was ready and began to wait for a turn, in milliseconds since the build began; null if it did not.</summary>
    public double? Queued { get; init; }

    /// <summary>Why it failed; null if it did not.</summary>
    public string? Error { get; init; }

    /// <summary>How its key was made; null if that was not looked for.</summary>
    public StepRecipe? Recipe { get; init; }

    /// <summary>Bytes that it printed.</summary>
    public long LogBytes { get; init; }

    /// <summary>It did something, or its result was used.</summary>
    [JsonIgnore]
    public bool IsNeeded => Outcome != StepOutcome.NotNeeded;

    /// <summary>Milliseconds of work.</summary>
    [JsonIgnore]
    public double Elapsed => Spans.Sum(static span => span.End - span.Start);
}
