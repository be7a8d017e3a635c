namespace Cairn.Rpc.Client;

/// <summary>How a channel behaves.</summary>
public sealed record RpcChannelOptions
{
    /// <summary>Whom the caller believes to be talking to; for servers that serve several names.</summary>
    public string Authority { get; init; } = "localhost";

    /// <summary><c>https</c> if the stream is a TLS one.</summary>
    public string Scheme { get; init; } = "http";

    /// <summary>Name and version of the program.</summary>
    public string UserAgent { get; init; } = "cairn";

    /// <summary>Bytes of a received message above which it is refused with ResourceExhausted.</summary>
    public int MaxReceiveMessage { get; init; } = 16 << 20;

    /// <summary>Bytes of headers that are taken, 32 added for each field.</summary>
    public int MaxHeaderList { get; init; } = 4 << 20;

    /// <summary>Bytes that may wait unread in one call, beside the message that is being read.</summary>
    public int StreamWindow { get; init; } = 8 << 20;

    /// <summary>The same for all calls of the channel together.</summary>
    public int ConnectionWindow { get; init; } = 64 << 20;

    /// <summary>Silence after which the server is pinged; null means never.</summary>
    public TimeSpan? KeepaliveInterval { get; init; }

    /// <summary>How long a ping may stay unanswered before the channel counts as lost.</summary>
    public TimeSpan KeepaliveTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Clock of deadlines and pings.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}
