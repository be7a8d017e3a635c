using Cairn.Rpc.Calls;
using Cairn.Rpc.Client;
using Cairn.Rpc.Health;
using Cairn.Rpc.Server;
using Cairn.Wire.Headers;
using Cairn.Wire.Methods;

namespace Cairn.Daemon.Tests.Sessions;

/// <summary>A client that has opened a session, over a connection of its own.</summary>
internal sealed class TestClient : IAsyncDisposable
{
    private readonly RpcChannel _control;
    private readonly ByteMessageStream _tunnel;
    private readonly StreamServer? _server;

    private TestClient(string id, RpcChannel control, ClientCall<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> call, ByteMessageStream tunnel, StreamServer? server)
    {
        Id = id;
        _control = control;
        Call = call;
        _tunnel = tunnel;
        _server = server;
    }

    public string Id { get; }

    /// <summary>Control.Session.</summary>
    public ClientCall<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> Call { get; }

    /// <summary>Completes when the tunnel is gone.</summary>
    public Task Ended => _server!.Closed;

    public static async Task<TestClient> OpenAsync(
        RpcChannel control, RpcServices? services, CancellationToken cancellationToken, string? id = null, string sharedKey = "", TimeSpan? health = null,
        bool answersHealth = true)
    {
        id ??= Guid.NewGuid().ToString("N")[..25];
        RpcServices served = services ?? new RpcServices();
        if (answersHealth && !served.Paths.Contains(HealthMethods.Check.Path))
        {
            new HealthService().AddTo(served);
        }

        Metadata headers = new SessionHeaders(id, sharedKey, new HashSet<string>(), health).ToMetadata(served.Paths);
        var call = await control.BeginAsync(ControlMethods.Session, new RpcCallOptions { Headers = headers }, cancellationToken);
        ByteMessageStream tunnel = call.AsByteStream();
        return new TestClient(id, control, call, tunnel, StreamServer.Over(tunnel, served, new RpcServerOptions(), new RpcPeer(null, null)));
    }

    /// <summary>Ends this side of the tunnel, and waits until the daemon has ended its side.</summary>
    public async Task CloseAsync() => await _server!.DisposeAsync();

    /// <summary>Is gone without a word.</summary>
    public ValueTask VanishAsync() => _control.DisposeAsync();

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        await _tunnel.DisposeAsync();
        await Call.DisposeAsync();
        await _control.DisposeAsync();
    }
}
