using System.Net.Sockets;
using Cairn.Daemon.Configuration;
using Cairn.Integration.Tests;
using Cairn.Rpc.Client;
using Microsoft.Extensions.Logging.Abstractions;

namespace Cairn.Daemon.Tests.Support;

/// <summary>A daemon in this process, on a unix socket, over a store of its own.</summary>
internal sealed class RunningDaemon : IAsyncDisposable
{
    private readonly Workspace _workspace;
    private readonly bool _isOwner;

    private RunningDaemon(Workspace workspace, bool isOwner, DaemonServer server, string socket)
    {
        _workspace = workspace;
        _isOwner = isOwner;
        Server = server;
        Socket = socket;
    }

    public DaemonServer Server { get; }

    public string Socket { get; }

    public static Task<RunningDaemon> StartAsync() => StartAsync(new Workspace(), isOwner: true, static settings => settings);

    /// <summary>One over the store of a workspace, which stays.</summary>
    public static Task<RunningDaemon> StartAsync(Workspace workspace) => StartAsync(workspace, isOwner: false, static settings => settings);

    /// <summary>One with other settings.</summary>
    public static Task<RunningDaemon> StartAsync(Func<DaemonSettings, DaemonSettings> change) => StartAsync(new Workspace(), isOwner: true, change);

    public async Task<RpcChannel> ConnectAsync(CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(Socket), cancellationToken);
        return RpcChannel.Over(new NetworkStream(socket, ownsSocket: true), new RpcChannelOptions());
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        if (_isOwner)
        {
            _workspace.Dispose();
        }
    }

    private static async Task<RunningDaemon> StartAsync(Workspace workspace, bool isOwner, Func<DaemonSettings, DaemonSettings> change)
    {
        string socket = workspace.In("daemon.sock");
        var settings = new DaemonSettings { Root = workspace.Root, RunRoot = workspace.In("run"), Addresses = ["unix://" + socket] };
        return new RunningDaemon(workspace, isOwner, await DaemonServer.OpenAsync(change(settings), NullLoggerFactory.Instance), socket);
    }
}
