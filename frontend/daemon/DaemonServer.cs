using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Cairn.Daemon.Bridge;
using Cairn.Daemon.Configuration;
using Cairn.Daemon.Content;
using Cairn.Daemon.Control;
using Cairn.Daemon.History;
using Cairn.Daemon.Listening;
using Cairn.Daemon.Sessions;
using Cairn.Daemon.Telemetry;
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
    private readonly LiveBuilds _builds;
    private readonly SolveHandler _solves;
    private readonly HistoryBook _history;
    private readonly GcKeeper _collection;
    private readonly WorkerList _workers;
    private readonly BuildMeter _meter = new();
    private readonly SpanForwarder? _spans;
    private readonly RpcServer _server;
    private readonly OperatorPages? _pages;
    private readonly DaemonLock _lock;
    private readonly TimeProvider _clock;
    private readonly DateTimeOffset _started;

    private DaemonServer(
        DaemonSettings settings, DaemonLock held, BuildSolver solver, SessionRegistry sessions, ILoggerFactory loggers, TimeProvider clock)
    {
        _clock = clock;
        _started = clock.GetUtcNow();
        _lock = held;
        _solver = solver;
        _sessions = sessions;
        _workers = new WorkerList(settings, solver);
        _builds = new LiveBuilds(clock);
        ILogger logger = loggers.CreateLogger("daemon");
        var frontends = new FrontendCatalogue(new FrontendSettings
        {
            Workers = [_workers.Record], AllowedSources = settings.AllowedFrontendSources, Loggers = loggers,
        });
        var clientBuilds = new ClientBuilds(frontends, clock);
        _spans = SpanForwarder.FromEnvironment(logger);
        _collection = new GcKeeper(solver, clock, logger) { Rules = settings.GcRules };
        _history = new HistoryBook(solver, _builds, logger);
        _solves = new SolveHandler(
            solver, _builds, _history, sessions, clientBuilds, frontends, new BuildObserver(_meter, _spans, _collection, logger),
            settings.DisabledFrontends, clock);

        var services = new RpcServices();
        new HealthService().AddTo(services);
        new ControlService(_workers, _solves, new StatusHandler(_builds, _history, clock), _history, solver, clock).AddTo(services);
        new ContentService(_history).AddTo(services);
        new TraceService(_spans).AddTo(services);
        sessions.AddTo(services);
        clientBuilds.AddTo(services);
        Methods = [.. services.Paths];
        _pages = settings.DebugAddress is { } address ? new OperatorPages(address, Pages()) : null;
        _server = Listeners.Listen(settings, services, new RpcServerOptions
        {
            Logger = loggers.CreateLogger<RpcServer>(), Clock = clock, Describe = static e => Failures.Describe(e).ToRpc(),
        });
    }

    /// <summary>Where it listens, with the ports that were taken, in the order of the settings.</summary>
    public IReadOnlyList<EndPoint> Addresses => _server.Addresses;

    /// <summary>Paths of the methods that are served, in ordinal order.</summary>
    internal IReadOnlyList<string> Methods { get; }

    /// <summary>Opens the store and listens.</summary>
    /// <exception cref="BuildException">The store cannot be opened, or an address is wrong or taken.</exception>
    public static async Task<DaemonServer> OpenAsync(DaemonSettings settings, ILoggerFactory loggers)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(loggers);
        TimeProvider clock = TimeProvider.System;
        DaemonLock held = DaemonLock.Take(settings.Root);
        var sessions = new SessionRegistry(new SessionOptions { Clock = clock, Loggers = loggers });
        BuildSolver? solver = null;
        try
        {
            var options = new SolverOptions
            {
                Root = settings.Root,
                RunRoot = settings.RunRoot,
                IsLongLived = true,
                Clients = sessions,
                History = new HistoryOptions { MaxBuilds = settings.HistoryEntries, MaxAge = settings.HistoryAge, NeedsBothLimits = true },
                Driver = settings.Driver,
                AllowedEntitlements = settings.AllowedEntitlements,
                MaxUsedSpace = long.MaxValue,   // the rules are carried out while the daemon runs
                Loggers = loggers,
                Clock = clock,
            };
            solver = BuildSolver.Open(settings.MaxParallelism is { } most ? options with { MaxParallelism = most } : options);
            return new DaemonServer(settings, held, solver, sessions, loggers, clock);
        }
        catch
        {
            await sessions.DisposeAsync();
            if (solver is not null)
            {
                await solver.DisposeAsync();
            }

            held.Dispose();
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
        if (_pages is not null)
        {
            await _pages.DisposeAsync();
        }

        await _collection.DisposeAsync();
        await _solver.DisposeAsync();
        if (_spans is not null)
        {
            await _spans.DisposeAsync();
        }

        _solves.Dispose();
        _lock.Dispose();
    }

    /// <summary>Takes over what may change while the daemon runs: the rules of the cache and the limits of the history.</summary>
    public void Apply(DaemonSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        _collection.Rules = settings.GcRules;
        _workers.Tell(settings.GcRules);
        _solver.History.Limits = _solver.History.Limits with { MaxBuilds = settings.HistoryEntries, MaxAge = settings.HistoryAge };
    }

    private Dictionary<string, Func<CancellationToken, Task<string>>> Pages() => new(StringComparer.Ordinal)
    {
        ["/metrics"] = _ => Task.FromResult(Metrics()),
        ["/healthz"] = static _ => Task.FromResult("ok\n"),
        ["/debug/vars"] = _ => Task.FromResult(Variables()),
        ["/debug/requests"] = async _ => await _solver.WaitGraphAsync(),
        ["/debug/gc"] = async token =>
        {
            long freed = await _collection.RunOnceAsync(token);
            return string.Create(CultureInfo.InvariantCulture, $"freed {freed} bytes\n");
        },
    };

    private string Metrics()
    {
        using var process = Process.GetCurrentProcess();
        return _meter.Write(
        [
            ("cairn_builds_active", "Builds under way.", _builds.Active.Count),
            ("cairn_sessions", "Clients with an open session.", _sessions.Ids.Count),
            ("cairn_gc_freed_bytes_total", "Bytes that the rules of the cache have freed.", _collection.Freed),
            ("process_resident_memory_bytes", "Resident memory.", process.WorkingSet64),
            ("process_cpu_seconds_total", "User and system time.", process.TotalProcessorTime.TotalSeconds),
            ("process_threads", "Threads.", process.Threads.Count),
            ("dotnet_gc_heap_bytes", "Managed memory.", GC.GetTotalMemory(forceFullCollection: false)),
        ]);
    }

    private string Variables()
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("version", WorkerList.Version.Version);
            json.WriteNumber("uptime_seconds", (_clock.GetUtcNow() - _started).TotalSeconds);
            json.WriteStartArray("builds");
            foreach (LiveBuild build in _builds.Active)
            {
                json.WriteStringValue(build.Id);
            }

            json.WriteEndArray();
            json.WriteStartArray("sessions");
            foreach (string id in _sessions.Ids)
            {
                json.WriteStringValue(id);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    // Who only listens, or keeps a session without a build, would hold the daemon for ever.
    private async Task LeaveWhenIdleAsync()
    {
        await _solves.RefuseAsync();
        _history.Dispose();
        await _sessions.DisposeAsync();
    }
}
