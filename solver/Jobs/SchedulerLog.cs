using Microsoft.Extensions.Logging;

namespace Cairn.Solver.Jobs;

/// <summary>What the scheduler logs; 3000 to 3099.</summary>
internal static partial class SchedulerLog
{
    [LoggerMessage(3000, LogLevel.Error, "Build {Job} waits, and nothing runs or is queued for it:\n{WaitGraph}")]
    public static partial void BuildStalled(this ILogger logger, long job, string waitGraph);

    [LoggerMessage(3001, LogLevel.Warning, "The cache could not be asked for {Vertex}; it counts as a miss")]
    public static partial void LookupFailed(this ILogger logger, string vertex, Exception cause);

    [LoggerMessage(3002, LogLevel.Warning, "The result of {Vertex} could not be recorded; it will not be found again")]
    public static partial void RecordFailed(this ILogger logger, string vertex, Exception cause);

    [LoggerMessage(3003, LogLevel.Debug, "A cached result of {Vertex} is gone; the next one is tried, or it is made again")]
    public static partial void ResultGone(this ILogger logger, string vertex);

    [LoggerMessage(3006, LogLevel.Warning, "What builds wait for cannot be asked from outside ({Place})")]
    public static partial void NoWaitGraphDoor(this ILogger logger, string place, Exception cause);

    [LoggerMessage(3005, LogLevel.Critical, "The scheduler failed; all builds end")]
    public static partial void SchedulerFailed(this ILogger logger, Exception cause);

    [LoggerMessage(3004, LogLevel.Warning, "The store could not be cleaned up after a build")]
    public static partial void CleaningFailed(this ILogger logger, Exception cause);
}
