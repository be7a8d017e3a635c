namespace Cairn.Rpc.Http2;

/// <summary>What one end of a connection announces and how patient it is.</summary>
internal sealed record Http2Options
{
    public required TimeProvider Clock { get; init; }

    /// <summary>Most streams the peer may have open at once.</summary>
    public required int MaxStreams { get; init; }

    /// <summary>Octets that may be on their way to one stream, read by nobody yet.</summary>
    public required int StreamWindow { get; init; }

    /// <summary>The same for all streams together: the bound of what a connection holds in memory for slow readers.</summary>
    public required int ConnectionWindow { get; init; }

    /// <summary>Octets of a header list, 32 added for each field.</summary>
    public required int MaxHeaderList { get; init; }

    /// <summary>Silence after which the peer is pinged; null means never.</summary>
    public required TimeSpan? KeepaliveInterval { get; init; }

    /// <summary>How long a ping may stay unanswered before the connection counts as lost.</summary>
    public required TimeSpan KeepaliveTimeout { get; init; }

    /// <summary>Largest payload of one frame that is taken.</summary>
    public int MaxFrame { get; init; } = 256 << 10;
}
