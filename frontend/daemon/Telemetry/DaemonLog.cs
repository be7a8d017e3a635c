using Microsoft.Extensions.Logging;

namespace Cairn.Daemon.Telemetry;

internal static partial class DaemonLog
{
    [LoggerMessage(7000, LogLevel.Information, "running server on {Address}")]
    public static partial void Listening(this ILogger logger, string address);

    [LoggerMessage(7001, LogLevel.Information, "{Signal}: taking no new builds, letting those that run end within {Patience}")]
    public static partial void Draining(this ILogger logger, string signal, TimeSpan patience);

    [LoggerMessage(7002, LogLevel.Warning, "The history of build {Build} could not be kept")]
    public static partial void HistoryNotKept(this ILogger logger, string build, Exception cause);

    [LoggerMessage(7003, LogLevel.Warning, "The record of build {Build} is damaged; what the store knows is told instead")]
    public static partial void HistoryDamaged(this ILogger logger, string build, Exception cause);

    [LoggerMessage(7004, LogLevel.Warning, "The cache could not be brought within its limits")]
    public static partial void CollectionFailed(this ILogger logger, Exception cause);

    [LoggerMessage(7005, LogLevel.Warning, "{Warning}")]
    public static partial void Configuration(this ILogger logger, string warning);

    [LoggerMessage(7006, LogLevel.Information, "SIGHUP: log level, limits of cache and history are read again")]
    public static partial void Reloaded(this ILogger logger);

    [LoggerMessage(7007, LogLevel.Error, "SIGHUP: the configuration cannot be used; all stays as it is")]
    public static partial void ReloadFailed(this ILogger logger, Exception cause);

    [LoggerMessage(7008, LogLevel.Warning, "Spans could not be handed to {Collector}")]
    public static partial void SpansNotSent(this ILogger logger, Uri collector, Exception cause);

    [LoggerMessage(7009, LogLevel.Information, "build {Build} ended after {Elapsed}: {Result}")]
    public static partial void BuildEnded(this ILogger logger, string build, TimeSpan elapsed, string result);
}
