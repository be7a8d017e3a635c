using Cairn.Rpc.Calls;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Cairn.Rpc.Server;

/// <summary>How calls are served, on listeners and over streams alike.</summary>
public sealed record RpcServerOptions
{
    /// <summary>Bytes of a received message above which it is refused with ResourceExhausted.</summary>
    public int MaxReceiveMessage { get; init; } = 16 << 20;

    /// <summary>Bytes of headers that are taken, 32 added for each field.</summary>
    public int MaxHeaderList { get; init; } = 4 << 20;

    /// <summary>Most calls at once on one connection.</summary>
    public int MaxStreams { get; init; } = 10_000;

    /// <summary>Bytes that may wait unread in one call, beside the message that is being read.</summary>
    public int StreamWindow { get; init; } = 4 << 20;

    /// <summary>The same for all calls of one connection together.</summary>
    public int ConnectionWindow { get; init; } = 32 << 20;

    /// <summary>Silence after which a client is pinged; null means never.</summary>
    public TimeSpan? KeepaliveInterval { get; init; }

    /// <summary>How long a ping may stay unanswered before the connection counts as lost.</summary>
    public TimeSpan KeepaliveTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Turns what a handler has thrown into a status; null from it, or no such function, means Unknown with the message.</summary>
    public Func<Exception, RpcStatus?>? Describe { get; init; }

    /// <summary>Clock of deadlines and pings.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Where faults of handlers are told.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;
}
