using Cairn.Rpc.Calls;
using Cairn.Rpc.Client;
using Cairn.Rpc.Health;
using Cairn.Rpc.Server;
using Cairn.Wire.Headers;
using Cairn.Wire.Methods;
using Microsoft.Extensions.Logging;

namespace Cairn.Client.Sessions;

/// <summary>An open session: the daemon may ask this process for what its options offer, as long as it is open.</summary>
public sealed class ClientSession : IAsyncDisposable
{
    private static readonly TimeSpan CloseLimit = TimeSpan.FromSeconds(5);

    private readonly ClientCall<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> _call;
    private readonly StreamServer _server;
    private int _disposed;

    private ClientSession(SessionOptions options, ClientCall<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> call, StreamServer server)
    {
        Options = options;
        _call = call;
        _server = server;
    }

    /// <summary>Names it.</summary>
    public string Id => Options.Id;

    /// <summary>What it offers.</summary>
    public SessionOptions Options { get; }

    /// <summary>Completes when it is over, whoever has ended it. Never fails.</summary>
    public Task Closed => _server.Closed;

    internal static async Task<ClientSession> OpenAsync(RpcChannel channel, SessionOptions options, ILogger logger, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        RpcServices services = Services(options);
        var headers = new SessionHeaders(options.Id, options.SharedKey, new HashSet<string>(), options.HealthTimeout);
        try
        {
            // The call lives as long as the session, so no token of a single wish ends it.
            cancellationToken.ThrowIfCancellationRequested();
            ClientCall<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> call = await channel.BeginAsync(
                ControlMethods.Session, new RpcCallOptions { Headers = headers.ToMetadata(services.Paths) }, CancellationToken.None);
            StreamServer server = StreamServer.Over(
                call.AsByteStream(), services, new RpcServerOptions { Logger = logger, Describe = SessionErrors.Describe }, new RpcPeer(null, null));
            return new ClientSession(options, call, server);
        }
        catch (RpcException e)
        {
            throw CallErrors.Of(e);
        }
    }

    /// <summary>Ends it: says so to the daemon, and waits a while until it has said the same.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        await _server.DisposeAsync();
        using var limit = new CancellationTokenSource(CloseLimit);
        try
        {
            while (await _call.Responses.MoveNextAsync(limit.Token))
            {
                // What the daemon had still to say in the tunnel.
            }
        }
        catch (Exception e) when (e is RpcException or OperationCanceledException or InvalidOperationException)
        {
            // Over, one way or the other.
        }

        await _call.DisposeAsync();
    }

    private static RpcServices Services(SessionOptions options)
    {
        var services = new RpcServices();
        new HealthService().AddTo(services);
        if (options.Directories.Count > 0)
        {
            new FileSyncService(options.Directories).AddTo(services);
        }

        if (options.Exports.Any(static e => e.File is not null || e.Output is not null || e.Directory is not null))
        {
            new FileSendService(options.Exports).AddTo(services);
        }

        if (options.Secrets is { } secrets)
        {
            new SecretsService(secrets).AddTo(services);
        }

        if (options.SshAgents.Count > 0)
        {
            new SshService(options.SshAgents).AddTo(services);
        }

        if (options.Credentials is { } credentials)
        {
            new AuthService(credentials, options.KeepsPasswords).AddTo(services);
        }

        if (options.Uploads.Count > 0)
        {
            new UploadService(options.Uploads).AddTo(services);
        }

        if (options.Stores.Count > 0)
        {
            new ContentService(options.Stores).AddTo(services);
        }

        HookService.AddTo(services, options);
        return services;
    }
}
