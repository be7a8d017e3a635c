using System.Net;
using Cairn.Daemon.Bridge;
using Cairn.Daemon.Configuration;
using Cairn.Daemon.Content;
using Cairn.Daemon.Control;
using Cairn.Daemon.History;
using Cairn.Daemon.Listening;
using Cairn.Daemon.Sessions;
using Cairn.Frontend.Gateway;
using Cairn.Llb;
using Cairn.Rpc.Health;
using Cairn.Rpc.Server;
using Cairn.Solver;
using Cairn.Solver.History;
using Microsoft.Extensions.Logging;

namespace Cairn.Daemon;

/// <summary>A daemon over one store: takes builds of any number of clients.</summary>
public sealed class DaemonServer : IAsyncDisposable
{
    // For telling clients of builds that were cancelled.
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(5);

    private readonly BuildSolver _solver;
    private readonly SessionRegistry _sessions;
    private readonly SolveHandler _solves;
    private readonly HistoryBook _history;
    private readonly RpcServer _server;

    private DaemonServer(DaemonSettings settings, BuildSolver solver, SessionRegistry sessions, ILoggerFactory loggers, TimeProvider clock)
    {
        _solver = solver;
        _sessions = sessions;
        var workers = new WorkerList(settings, solver);
        var builds = new LiveBuilds(clock);
        var frontends = new FrontendCatalogue(new FrontendSettings { Workers = [workers.Record], Loggers = loggers });
        var clientBuilds = new ClientBuilds(frontends, clock);
        _history = new HistoryBook(solver, builds, loggers.CreateLogger<HistoryBook>());
        _solves = new SolveHandler(solver, builds, _history, sessions, clientBuilds, frontends, clock);

        var services = new RpcServices();
        new HealthService().AddTo(services);
        new ControlService(workers, _solves, new StatusHandler(builds, _history, clock), _history, solver, clock).AddTo(services);
        new ContentService(_history).AddTo(services);
        sessions.AddTo(services);
        clientBuilds.AddTo(services);
        var options = new RpcServerOptions
        {
            Logger = loggers.CreateLogger<RpcServer>(), Clock = clock, Describe = static e => Failures.Describe(e).ToRpc(),
        };
        _server = Listeners.Listen(settings, services, options);
    }

    /// <summary>Where it listens, with the ports that were taken, in the order of the settings.</summary>
    public IReadOnlyList<EndPoint> Addresses => _server.Addresses;

    /// <summary>Opens the store and listens.</summary>
    /// <exception cref="BuildException">The store cannot be opened, or an address is wrong or taken.</exception>
    public static async Task<DaemonServer> OpenAsync(DaemonSettings settings, ILoggerFactory loggers)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(loggers);
        TimeProvider clock = TimeProvider.System;
        var sessions = new SessionRegistry(new SessionOptions { Clock = clock, Loggers = loggers });
        BuildSolver? solver = null;
        try
        {
            solver = BuildSolver.Open(new SolverOptions
            {
                Root = settings.Root,
                RunRoot = settings.RunRoot,
                IsLongLived = true,
                Clients = sessions,
                History = new HistoryOptions { MaxBuilds = settings.HistoryEntries, MaxAge = settings.HistoryAge, NeedsBothLimits = true },
                Loggers = loggers,
                Clock = clock,
            });
            return new DaemonServer(settings, solver, sessions, loggers, clock);
        }
        catch
        {
            await sessions.DisposeAsync();
            if (solver is not null)
            {
                await solver.DisposeAsync();
            }

            throw;
        }
    }

    /// <summary>Takes nothing new and lets what runs end; what has not ended in time is cancelled, and its clients are told why.</summary>
    public async Task DrainAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        // Builds that outlive the first part are cancelled; the rest is for telling their clients.
        using var late = new CancellationTokenSource(patience);
        using CancellationTokenRegistration stop = late.Token.Register(_solves.Stop);
        Task idle = LeaveWhenIdleAsync();
        await _server.DrainAsync(patience + Farewell, cancellationToken);
        await idle;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _solves.Stop();
        _history.Dispose();
        await _server.DisposeAsync();
        await _sessions.DisposeAsync();
        await _solver.DisposeAsync();
        _solves.Dispose();
    }

    // Who only listens, or keeps a session without a build, would hold the daemon for ever.
    private async Task LeaveWhenIdleAsync()
    {
        await _solves.RefuseAsync();
        _history.Dispose();
        await _sessions.DisposeAsync();
    }
}
