using System.Text.Json;
using System.Text.Json.Serialization;

namespace Cairn.Solver.History;

/// <summary>All that is kept of a build, apart from its definition and its logs.</summary>
public sealed record BuildRecord
{
    /// <summary>The version of this form.</summary>
    public const int CurrentFormat = 1;

    /// <summary>Version of the form that the record was written in.</summary>
    public int Format { get; init; } = CurrentFormat;

    /// <summary>The build.</summary>
    public required BuildId Id { get; init; }

    /// <summary>What was built.</summary>
    public required BuildLabel Label { get; init; }

    /// <summary>How it stands.</summary>
    public required BuildStatus Status { get; init; }

    /// <summary>When it began; times of steps count from here.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>When it ended.</summary>
    public DateTimeOffset? Completed { get; init; }

    /// <summary>Options of the frontend, build arguments among them.</summary>
    public IReadOnlyDictionary<string, string> Options { get; init; } = new Dictionary<string, string>();

    /// <summary>Types of the exporters.</summary>
    public IReadOnlyList<string> Exports { get; init; } = [];

    /// <summary>What the exporters said of the result.</summary>
    public IReadOnlyDictionary<string, string> Response { get; init; } = new Dictionary<string, string>();

    /// <summary>In the order in which they were announced: inputs before what is built on them.</summary>
    public IReadOnlyList<StepRecord> Steps { get; init; } = [];

    /// <summary>Warnings that were shown, each once.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>Why it failed; null if it did not.</summary>
    public RecordedError? Error { get; init; }

    /// <summary>Steps that did something or came from the cache.</summary>
    [JsonIgnore]
    public IEnumerable<StepRecord> NeededSteps => Steps.Where(static step => step.IsNeeded);

    /// <summary>The record as one line of JSON; docs/cli.md tells its fields.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, ReadableJson.Context.BuildRecord);
}
