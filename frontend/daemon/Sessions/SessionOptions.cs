using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Cairn.Daemon.Sessions;

/// <summary>How sessions are kept.</summary>
public sealed record SessionOptions
{
    /// <summary>Time between two health checks, unless the client asks for another.</summary>
    public TimeSpan HealthInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Least time that a health check may take, unless the client asks for another.</summary>
    public TimeSpan HealthTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Clock of health checks and waits.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Loggers.</summary>
    public ILoggerFactory Loggers { get; init; } = NullLoggerFactory.Instance;
}
