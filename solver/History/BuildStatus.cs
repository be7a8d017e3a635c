using System.Text.Json.Serialization;

namespace Cairn.Solver.History;

/// <summary>How a recorded build stands.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<BuildStatus>))]
public enum BuildStatus
{
    /// <summary>It is under way.</summary>
    Running,

    /// <summary>It ended well.</summary>
    Completed,

    /// <summary>It failed.</summary>
    Failed,

    /// <summary>Its client ended it.</summary>
    Canceled,

    /// <summary>Its process ended without telling: it was killed, or the machine went down.</summary>
    Interrupted,
}
