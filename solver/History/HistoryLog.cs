using Microsoft.Extensions.Logging;

namespace Cairn.Solver.History;

/// <summary>What the keeping of records logs; 3100 to 3199.</summary>
internal static partial class HistoryLog
{
    [LoggerMessage(3100, LogLevel.Warning, "The build {Build} could not be recorded")]
    public static partial void BuildNotRecorded(this ILogger logger, string build, Exception cause);

    [LoggerMessage(3101, LogLevel.Warning, "The log {Path} could not be written to its end")]
    public static partial void LogNotKept(this ILogger logger, string path, Exception cause);

    [LoggerMessage(3102, LogLevel.Warning, "The filesystem of the failed step {Step} could not be kept")]
    public static partial void StepNotKept(this ILogger logger, string step, Exception cause);
}
