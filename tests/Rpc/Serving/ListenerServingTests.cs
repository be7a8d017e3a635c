using System.Net.Sockets;
using Cairn.Rpc.Server;
using Cairn.Rpc.Tests.Support;

namespace Cairn.Rpc.Tests.Serving;

/// <summary>The contract on a listener.</summary>
public sealed class ListenerServingTests : ServingContract
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"cairn-rpc-{Guid.NewGuid():N}.sock");
    private RpcServer? _server;

    private protected override Task<Stream> ListenAsync(RpcServices services, RpcServerOptions options)
    {
        _server = RpcServer.Listen([RpcEndpoint.Unix(_path)], services, options);
        return Task.FromResult<Stream>(new NetworkStream(SocketPair.Connect(_path), ownsSocket: true));
    }

    private protected override Task DrainAsync(TimeSpan patience) => _server!.DrainAsync(patience, CancellationToken.None);

    private protected override async ValueTask CloseAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }
}
