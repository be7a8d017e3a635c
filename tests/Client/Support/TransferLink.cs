using System.Net;
using System.Net.Sockets;
using Cairn.Rpc.Calls;
using Cairn.Rpc.Client;
using Cairn.Rpc.Server;
using Cairn.Wire.Files;
using Cairn.Wire.Methods;

namespace Cairn.Client.Tests.Support;

/// <summary>Two ends of a file transfer over a real connection: the handler is the sender, the caller receives.</summary>
internal sealed class TransferLink : IAsyncDisposable
{
    private readonly StreamServer _server;

    private TransferLink(StreamServer server, RpcChannel channel) => (_server, Channel) = (server, channel);

    public RpcChannel Channel { get; }

    public static async Task<TransferLink> OpenAsync(Func<MessageSource<FilePacket>, MessageSink<FilePacket>, CancellationToken, Task> sender)
    {
        var services = new RpcServices();
        services.AddDuplex(FileSyncMethods.DiffCopy, (requests, packets, _, token) => sender(requests, packets, token));
        (Stream a, Stream b) = await ConnectAsync();
        StreamServer server = StreamServer.Over(a, services, new RpcServerOptions(), new RpcPeer(null, null));
        return new TransferLink(server, RpcChannel.Over(b, new RpcChannelOptions()));
    }

    public static async Task<(Stream Left, Stream Right)> ConnectAsync()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1);
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        Task<Socket> accepting = listener.AcceptAsync();
        await client.ConnectAsync(listener.LocalEndPoint!);
        Socket accepted = await accepting;
        accepted.NoDelay = true;
        return (new NetworkStream(accepted, ownsSocket: true), new NetworkStream(client, ownsSocket: true));
    }

    public ValueTask<ClientCall<FilePacket, FilePacket>> BeginAsync(CancellationToken cancellationToken) =>
        Channel.BeginAsync(FileSyncMethods.DiffCopy, RpcCallOptions.None, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await Channel.DisposeAsync();
        await _server.DisposeAsync();
    }
}
