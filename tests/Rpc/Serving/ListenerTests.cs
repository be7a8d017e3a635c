using System.Net;
using System.Net.Sockets;
using Cairn.Rpc.Client;
using Cairn.Rpc.Server;
using Cairn.Rpc.Tests.Support;
using Xunit;

namespace Cairn.Rpc.Tests.Serving;

public sealed class ListenerTests : IDisposable
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"cairn-rpc-{Guid.NewGuid():N}.sock");

    public void Dispose() => File.Delete(_path);

    [Fact]
    public async Task A_socket_has_its_mode_before_anybody_can_connect_and_is_gone_afterwards()
    {
        bool couldConnect = false;
        var endpoint = new RpcEndpoint(new UnixDomainSocketEndPoint(_path), null, path =>
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite);
            couldConnect = CanConnect();
        });
        await using (RpcServer server = Listen(endpoint))
        {
            Assert.False(couldConnect);
            Assert.True(CanConnect());
            Assert.Equal(
                UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite, File.GetUnixFileMode(_path));
        }

        Assert.False(File.Exists(_path));
    }

    [Fact]
    public async Task A_socket_that_nobody_serves_is_taken_over_and_one_in_use_is_not()
    {
        using (var dead = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            dead.Bind(new UnixDomainSocketEndPoint(_path));   // never listens, as one of a killed process
            await using RpcServer server = Listen(RpcEndpoint.Unix(_path));
            Assert.ThrowsAny<IOException>(() => Listen(RpcEndpoint.Unix(_path)));
            Assert.Equal("on", await EchoAsync(new UnixDomainSocketEndPoint(_path)));
        }
    }

    [Fact]
    public async Task Several_addresses_serve_the_same()
    {
        await using RpcServer server = Listen(RpcEndpoint.Unix(_path), RpcEndpoint.Tcp(new IPEndPoint(IPAddress.Loopback, 0)));
        Assert.Equal(2, server.Addresses.Count);
        int port = ((IPEndPoint)server.Addresses[1]).Port;
        Assert.Equal("on", await EchoAsync(new UnixDomainSocketEndPoint(_path)));
        Assert.Equal("on", await EchoAsync(new IPEndPoint(IPAddress.Loopback, port)));
    }

    private static RpcServer Listen(params RpcEndpoint[] endpoints) =>
        RpcServer.Listen(endpoints, new TestServices().Table, new RpcServerOptions());

    private static async Task<string> EchoAsync(EndPoint address)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(address);
        await using RpcChannel channel = RpcChannel.Over(new NetworkStream(socket, ownsSocket: true), new RpcChannelOptions());
        return await channel.CallAsync(Wire.Method("Echo"), "on", RpcCallOptions.None, CancellationToken.None);
    }

    private bool CanConnect()
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(_path));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
