using Cairn.Client.Sessions;
using Cairn.Rpc.Client;
using Cairn.Rpc.Server;
using Cairn.Wire.Headers;
using Cairn.Wire.Methods;

namespace Cairn.Client.Tests.Support;

/// <summary>A client's session as a daemon sees it: the tunnel, over a real connection, and nothing else of a daemon.</summary>
internal sealed class SessionTunnel : IAsyncDisposable
{
    private readonly TaskCompletionSource<(RpcChannel Channel, SessionHeaders Headers)> _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _returned = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private StreamServer? _server;
    private BuildClient? _client;
    private ClientSession? _session;

    /// <summary>For calls of services of the client.</summary>
    public RpcChannel Channel { get; private set; } = null!;

    public SessionHeaders Headers { get; private set; } = null!;

    /// <summary>Completes when the daemon's end has seen the session end.</summary>
    public Task Returned => _returned.Task;

    public ClientSession Session => _session!;

    public static async Task<SessionTunnel> OpenAsync(SessionOptions options, CancellationToken cancellationToken)
    {
        var tunnel = new SessionTunnel();
        var services = new RpcServices();
        services.Add(ControlMethods.Session.Path, tunnel.ServeAsync);
        (Stream a, Stream b) = await TransferLink.ConnectAsync();
        tunnel._server = StreamServer.Over(a, services, new RpcServerOptions(), new RpcPeer(null, null));
        tunnel._client = BuildClient.Over(b, new ClientOptions());
        tunnel._session = await tunnel._client.OpenSessionAsync(options, cancellationToken);
        (tunnel.Channel, tunnel.Headers) = await tunnel._opened.Task.WaitAsync(TimeSpan.FromMinutes(1), cancellationToken);
        return tunnel;
    }

    public async ValueTask DisposeAsync()
    {
        await _session!.DisposeAsync();
        await _client!.DisposeAsync();
        await _server!.DisposeAsync();
    }

    private async Task ServeAsync(ServerCall call, CancellationToken cancellationToken)
    {
        await using RpcChannel channel = RpcChannel.Over(call.AsByteStream(), new RpcChannelOptions());
        _opened.SetResult((channel, SessionHeaders.TryRead(call.RequestHeaders)!));
        await channel.Closed.WaitAsync(cancellationToken);
        _returned.SetResult();
    }
}
