using System.Net.Sockets;
using Cairn.Daemon.Sessions;
using Cairn.Integration.Tests;
using Cairn.Rpc.Client;
using Cairn.Rpc.Server;

namespace Cairn.Daemon.Tests.Sessions;

/// <summary>A registry of sessions behind a socket, as the daemon has it, without the rest of the daemon.</summary>
internal sealed class SessionBench : IAsyncDisposable
{
    private readonly RpcServer _server;
    private readonly string _socket;

    public SessionBench()
        : this(new SessionOptions())
    {
    }

    public SessionBench(SessionOptions options)
    {
        Registry = new SessionRegistry(options);
        _socket = Workspace.In("sessions.sock");
        var services = new RpcServices();
        Registry.AddTo(services);
        _server = RpcServer.Listen([RpcEndpoint.Unix(_socket)], services, new RpcServerOptions());
    }

    public Workspace Workspace { get; } = new();

    public SessionRegistry Registry { get; }

    public async Task<RpcChannel> ConnectAsync(CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(_socket), cancellationToken);
        return RpcChannel.Over(new NetworkStream(socket, ownsSocket: true), new RpcChannelOptions());
    }

    /// <summary>A client that serves these methods, beside health.</summary>
    public async Task<TestClient> OpenAsync(
        RpcServices? services, CancellationToken cancellationToken, string? id = null, string sharedKey = "", TimeSpan? health = null, bool answersHealth = true) =>
        await TestClient.OpenAsync(await ConnectAsync(cancellationToken), services, cancellationToken, id, sharedKey, health, answersHealth);

    /// <summary>The daemon's side of a client.</summary>
    public async Task<RemoteSession> FindAsync(TestClient client, CancellationToken cancellationToken) =>
        (RemoteSession)await Registry.FindAsync(client.Id, null, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await Registry.DisposeAsync();
        await _server.DisposeAsync();
        Workspace.Dispose();
    }
}
