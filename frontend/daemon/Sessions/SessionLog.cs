using Microsoft.Extensions.Logging;

namespace Cairn.Daemon.Sessions;

/// <summary>What is worth knowing of sessions.</summary>
internal static partial class SessionLog
{
    [LoggerMessage(5301, LogLevel.Debug, "Session {Session} has begun")]
    public static partial void SessionBegun(this ILogger logger, string session);

    [LoggerMessage(5302, LogLevel.Debug, "Session {Session} has ended: {Cause}")]
    public static partial void SessionEnded(this ILogger logger, string session, string cause);

    [LoggerMessage(5303, LogLevel.Information, "Session {Session} did not answer a health check: {Reason}")]
    public static partial void HealthCheckFailed(this ILogger logger, string session, string reason);
}
