using Cairn.Rpc.Server;
using Cairn.Rpc.Tests.Support;

namespace Cairn.Rpc.Tests.Serving;

/// <summary>The contract over a byte stream of somebody else's.</summary>
public sealed class StreamServingTests : ServingContract
{
    private StreamServer? _server;

    private protected override Task<Stream> ListenAsync(RpcServices services, RpcServerOptions options)
    {
        (Stream client, Stream server) = SocketPair.Open();
        _server = StreamServer.Over(server, services, options, new RpcPeer(null, null));
        return Task.FromResult(client);
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
