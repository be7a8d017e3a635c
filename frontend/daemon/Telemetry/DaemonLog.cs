using Microsoft.Extensions.Logging;

namespace Cairn.Daemon.Telemetry;

internal static partial class DaemonLog
{
    [LoggerMessage(7000, LogLevel.Information, "running server on {Address}")]
    public static partial void Listening(this ILogger logger, string address);

    [LoggerMessage(7002, LogLevel.Warning, "The history of build {Build} could not be kept")]
    public static partial void HistoryNotKept(this ILogger logger, string build, Exception cause);

    [LoggerMessage(7003, LogLevel.Warning, "The record of build {Build} is damaged; what the store knows is told instead")]
    public static partial void HistoryDamaged(this ILogger logger, string build, Exception cause);

    [LoggerMessage(7001, LogLevel.Information, "{Signal}: taking no new calls, letting builds end within {Patience}")]
    public static partial void Draining(this ILogger logger, string signal, TimeSpan patience);
}
