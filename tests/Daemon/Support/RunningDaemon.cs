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

    private RunningDaemon(Workspace workspace, DaemonServer server, string socket)
    {
        _workspace = workspace;
        Server = server;
        Socket = socket;
    }

    public DaemonServer Server { get; }

    public string Socket { get; }

    public static async Task<RunningDaemon> StartAsync()
    {
        var workspace = new Workspace();
        string socket = workspace.In("daemon.sock");
        var settings = new DaemonSettings { Root = workspace.Root, RunRoot = workspace.In("run"), Addresses = ["unix://" + socket] };
        return new RunningDaemon(workspace, await DaemonServer.OpenAsync(settings, NullLoggerFactory.Instance), socket);
    }

    public async Task<RpcChannel> ConnectAsync(CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(Socket), cancellationToken);
        return RpcChannel.Over(new NetworkStream(socket, ownsSocket: true), new RpcChannelOptions());
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        _workspace.Dispose();
    }
}
