using System.Net.Sockets;
using Cairn.Daemon.Bridge;
using Cairn.Daemon.Control;
using Cairn.Frontend.Gateway;
using Cairn.Integration.Tests;
using Cairn.Rpc.Calls;
using Cairn.Rpc.Client;
using Cairn.Rpc.Server;
using Cairn.Solver;
using Cairn.Solver.Progress;
using Cairn.Solver.Sessions;
using Cairn.Solver.Sources;
using Cairn.Wire.Headers;
using Xunit;
using Pb = Cairn.Protos.Pb;

namespace Cairn.Daemon.Tests.Bridge;

/// <summary>An engine whose bridge clients reach on a unix socket. The session of each build is in this process; all else is as in the daemon.</summary>
internal sealed class BridgedEngine : IAsyncDisposable, IBuildProgress
{
    private readonly RpcServer _server;
    private readonly KeptLog _said = new();
    private readonly List<LocalDirectory> _directories = [];
    private readonly List<BuildEvent> _events = [];   // guarded by itself

    private BridgedEngine(Workspace workspace, BuildSolver solver)
    {
        Workspace = workspace;
        Solver = solver;
        Builds = new ClientBuilds(new FrontendCatalogue(new FrontendSettings { Loggers = _said }), TimeProvider.System);
        var services = new RpcServices();
        Builds.AddTo(services);
        _server = RpcServer.Listen([RpcEndpoint.Unix(workspace.In("bridge.sock"))], services, new RpcServerOptions { Describe = static e => Failures.Describe(e).ToRpc() });
    }

    public Workspace Workspace { get; }

    public BuildSolver Solver { get; }

    public ClientBuilds Builds { get; }

    /// <summary>What frontends have printed.</summary>
    public IReadOnlyList<string> Said => _said.Lines;

    public Dictionary<string, Func<byte[]?>> Secrets { get; } = new(StringComparer.Ordinal);

    public IReadOnlyList<BuildEvent> Events
    {
        get
        {
            lock (_events)
            {
                return [.. _events];
            }
        }
    }

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public static BridgedEngine Open()
    {
        var workspace = new Workspace();
        return new BridgedEngine(
            workspace, BuildSolver.Open(new SolverOptions { Root = workspace.Root, RunRoot = workspace.In("run"), IsLongLived = true }));
    }

    /// <summary>Options that name the build of a call.</summary>
    public static RpcCallOptions Of(string buildId) => new() { Headers = new Metadata { { HeaderNames.BuildId, buildId } } };

    public async Task<RpcChannel> ConnectAsync()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(Workspace.In("bridge.sock")), Cancelled);
        return RpcChannel.Over(new NetworkStream(socket, ownsSocket: true), new RpcChannelOptions());
    }

    /// <summary>Runs a build that a client drives, as Control.Solve does.</summary>
    /// <param name="buildId">Its id.</param>
    /// <param name="context">Directory of the client; null for none.</param>
    /// <param name="inputs">Definitions that the client gives.</param>
    /// <param name="cancellationToken">The client is gone.</param>
    public async Task<BuildResult> SolveAsync(
        string buildId, string? context, IReadOnlyDictionary<string, Pb.Definition>? inputs, CancellationToken cancellationToken)
    {
        using ClientBuild build = Builds.Register(buildId, inputs ?? new Dictionary<string, Pb.Definition>(StringComparer.Ordinal));
        var files = new Dictionary<string, ILocalFiles>(StringComparer.Ordinal);
        if (context is not null)
        {
            foreach (string name in (string[])["context", "dockerfile"])
            {
                var directory = new LocalDirectory(context, context);
                _directories.Add(directory);
                files.Add(name, directory);
            }
        }

        var session = new InProcessSession(new InProcessSessionOptions { Id = "session-" + buildId, Files = files, Secrets = new SecretValues(Secrets) });
        return await Solver.BuildAsync(new BuildRequest { Id = buildId, Session = session, Frontend = build }, this, cancellationToken);
    }

    public Task<BuildResult> SolveAsync(string buildId, string? context) => SolveAsync(buildId, context, inputs: null, Cancelled);

    public void Write(BuildEvent news)
    {
        lock (_events)
        {
            _events.Add(news);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        await Solver.DisposeAsync();
        _directories.ForEach(static directory => directory.Dispose());
        _said.Dispose();
        Workspace.Dispose();
    }
}
