using System.Net.Sockets;
using Cairn.Rpc.Server;

namespace Cairn.Rpc.Tests.Support;

/// <summary>A unix socket each of whose connections is served as a byte stream.</summary>
internal sealed class SocketServer : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly List<StreamServer> _servers = [];
    private readonly Task _accepting;

    public SocketServer(string path, RpcServices services, RpcServerOptions options)
    {
        _listener.Bind(new UnixDomainSocketEndPoint(path));
        _listener.Listen(100);
        _accepting = Task.Run(() => AcceptAsync(services, options));
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _accepting;
        foreach (StreamServer server in _servers)
        {
            await server.DisposeAsync();
        }
    }

    private async Task AcceptAsync(RpcServices services, RpcServerOptions options)
    {
        while (true)
        {
            try
            {
                Socket client = await _listener.AcceptAsync();
                _servers.Add(StreamServer.Over(new NetworkStream(client, ownsSocket: true), services, options, new RpcPeer(null, null)));
            }
            catch (SocketException)
            {
                return;
            }
            catch (ObjectDisposedException)
            {
                return;
            }
        }
    }
}
