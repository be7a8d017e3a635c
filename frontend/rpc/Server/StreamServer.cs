using Cairn.Rpc.Http2;

namespace Cairn.Rpc.Server;

/// <summary>Serves one client over a byte stream.</summary>
public sealed class StreamServer : IAsyncDisposable
{
    private readonly Http2Connection _connection;

    private StreamServer(Stream transport, RpcServices services, RpcServerOptions options, RpcPeer peer)
    {
        var runner = new CallRunner(services, options);
        _connection = Http2Connection.OpenServer(
            transport,
            new Http2Options
            {
                Clock = options.Clock,
                MaxStreams = options.MaxStreams,
                StreamWindow = options.StreamWindow,
                ConnectionWindow = options.ConnectionWindow,
                MaxHeaderList = options.MaxHeaderList,
                KeepaliveInterval = options.KeepaliveInterval,
                KeepaliveTimeout = options.KeepaliveTimeout,
            },
            stream => runner.RunAsync(new ServerExchange(stream, peer)));
    }

    /// <summary>Completes when the connection is gone, for whatever reason. Never fails.</summary>
    public Task Closed => _connection.Closed;

    /// <summary>Why the connection is gone; null while it is not.</summary>
    public Exception? Failure => _connection.Failure;

    /// <summary>Serves whoever is at the other end of a stream, which it owns from now on.</summary>
    public static StreamServer Over(Stream transport, RpcServices services, RpcServerOptions options, RpcPeer peer) =>
        new(transport, services, options, peer);

    /// <summary>Takes no new calls and lets the open ones end; those that have not in time are cut off.</summary>
    public Task DrainAsync(TimeSpan patience, CancellationToken cancellationToken) => _connection.DrainAsync(patience, cancellationToken);

    /// <summary>Ends the connection and waits for its handlers.</summary>
    public ValueTask DisposeAsync() => _connection.DisposeAsync();
}
