using System.Net;
using Cairn.Daemon.Bridge;
using Cairn.Daemon.Configuration;
using Cairn.Daemon.Control;
using Cairn.Daemon.Listening;
using Cairn.Frontend.Gateway;
using Cairn.Llb;
using Cairn.Rpc.Health;
using Cairn.Rpc.Server;
using Cairn.Solver;
using Microsoft.Extensions.Logging;

namespace Cairn.Daemon;

/// <summary>A daemon over one store: takes builds of any number of clients.</summary>
public sealed class DaemonServer : IAsyncDisposable
{
    private readonly BuildSolver _solver;
    private readonly RpcServer _server;

    private DaemonServer(BuildSolver solver, RpcServer server)
    {
        _solver = solver;
        _server = server;
    }

    /// <summary>Where it listens, with the ports that were taken, in the order of the settings.</summary>
    public IReadOnlyList<EndPoint> Addresses => _server.Addresses;

    /// <summary>Opens the store and listens.</summary>
    /// <exception cref="BuildException">The store cannot be opened, or an address is wrong or taken.</exception>
    public static async Task<DaemonServer> OpenAsync(DaemonSettings settings, ILoggerFactory loggers)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(loggers);
        BuildSolver solver = BuildSolver.Open(new SolverOptions
        {
            Root = settings.Root,
            RunRoot = settings.RunRoot,
            IsLongLived = true,
            Loggers = loggers,
        });
        try
        {
            var services = new RpcServices();
            new HealthService().AddTo(services);
            var workers = new WorkerList(settings, solver);
            new ControlService(workers).AddTo(services);
            var frontends = new FrontendCatalogue(new FrontendSettings { Workers = [workers.Record], Loggers = loggers });
            new ClientBuilds(frontends, TimeProvider.System).AddTo(services);
            var options = new RpcServerOptions { Logger = loggers.CreateLogger<RpcServer>(), Describe = static e => Failures.Describe(e).ToRpc() };
            return new DaemonServer(solver, Listeners.Listen(settings, services, options));
        }
        catch
        {
            await solver.DisposeAsync();
            throw;
        }
    }

    /// <summary>Takes nothing new and lets what runs end; what has not ended in time is cut off.</summary>
    public Task DrainAsync(TimeSpan patience, CancellationToken cancellationToken) => _server.DrainAsync(patience, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        await _solver.DisposeAsync();
    }
}
