using System.Net;

namespace Cairn.Rpc.Server;

/// <summary>Serves any number of clients on unix sockets and TCP addresses, in plain text or TLS.</summary>
public sealed class RpcServer : IAsyncDisposable
{
    private readonly List<RpcListener> _listeners = [];
    private readonly Lock _gate = new();   // guards both
    private readonly HashSet<StreamServer> _connections = [];
    private bool _isStopping;

    private RpcServer()
    {
    }

    /// <summary>Where it listens, with the ports that were taken, in the order of the endpoints.</summary>
    public IReadOnlyList<EndPoint> Addresses => [.. _listeners.Select(l => l.Address)];

    /// <summary>Listens.</summary>
    /// <exception cref="IOException">An address is taken or cannot be used.</exception>
    public static RpcServer Listen(IReadOnlyList<RpcEndpoint> endpoints, RpcServices services, RpcServerOptions options)
    {
        var server = new RpcServer();
        try
        {
            // All are bound before the first is served, so that a server with a wrong address serves nobody.
            server._listeners.AddRange(endpoints.Select(e => new RpcListener(e, options, (stream, peer) => server.Serve(stream, services, options, peer))));
        }
        catch
        {
            foreach (RpcListener listener in server._listeners)
            {
                listener.Close();
            }

            throw;
        }

        server._listeners.ForEach(l => l.Begin());
        return server;
    }

    /// <summary>Takes no new connections and calls and lets the open calls end; those that have not in time are cut off.</summary>
    public async Task DrainAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        StreamServer[] connections = await StopAsync();
        await Task.WhenAll(connections.Select(c => c.DrainAsync(patience, cancellationToken)));
    }

    /// <summary>Ends all connections and waits for their handlers.</summary>
    public async ValueTask DisposeAsync()
    {
        StreamServer[] connections = await StopAsync();
        await Task.WhenAll(connections.Select(c => c.DisposeAsync().AsTask()));
    }

    private async Task<StreamServer[]> StopAsync()
    {
        lock (_gate)
        {
            _isStopping = true;
        }

        await Task.WhenAll(_listeners.Select(l => l.DisposeAsync().AsTask()));
        lock (_gate)
        {
            return [.. _connections];
        }
    }

    private void Serve(Stream stream, RpcServices services, RpcServerOptions options, RpcPeer peer)
    {
        lock (_gate)
        {
            if (_isStopping)
            {
                stream.Dispose();
                return;
            }

            StreamServer connection = StreamServer.Over(stream, services, options, peer);
            _connections.Add(connection);
            _ = ForgetAsync(connection);
        }
    }

    private async Task ForgetAsync(StreamServer connection)
    {
        await connection.Closed;
        await connection.DisposeAsync();   // its handlers
        lock (_gate)
        {
            _connections.Remove(connection);
        }
    }
}
