using System.Net.Sockets;
using Cairn.Rpc.Server;
using Cairn.Rpc.Tests.Support;

namespace Cairn.Rpc.Tests.Serving;

/// <summary>The contract on a listener.</summary>
public sealed class KestrelServingTests : ServingContract
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"cairn-rpc-{Guid.NewGuid():N}.sock");
    private RpcServer? _server;

    private protected override async Task<Stream> ListenAsync(RpcServices services, RpcServerOptions options)
    {
        _server = await RpcServer.ListenAsync([RpcEndpoint.Unix(_path)], services, options, CancellationToken.None);
        return new NetworkStream(SocketPair.Connect(_path), ownsSocket: true);
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
