using System.Text.Json.Serialization;

namespace Cairn.Solver.History;

/// <summary>What became of a step.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<StepOutcome>))]
public enum StepOutcome
{
    /// <summary>Nobody needed it: what is built on it came from the cache.</summary>
    NotNeeded,

    /// <summary>Its result came from the cache.</summary>
    Cached,

    /// <summary>It was carried out.</summary>
    Executed,

    /// <summary>It failed.</summary>
    Failed,

    /// <summary>It was stopped.</summary>
    Canceled,
}
