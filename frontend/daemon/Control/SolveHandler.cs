using Cairn.Daemon.Bridge;
using Cairn.Daemon.History;
using Cairn.Daemon.Sessions;
using Cairn.Daemon.Telemetry;
using Cairn.Frontend.Gateway;
using Cairn.Llb;
using Cairn.Protos.Control;
using Cairn.Rpc.Calls;
using Cairn.Rpc.Server;
using Cairn.Solver;
using Cairn.Solver.Sessions;
using Cairn.Wire.Headers;

namespace Cairn.Daemon.Control;

/// <summary>Carries Control.Solve out: from the request to the answer, in the order that clients rely on.</summary>
/// <remarks>Source: control-and-status.md, section 1.</remarks>
internal sealed class SolveHandler(
    BuildSolver solver, LiveBuilds builds, HistoryBook history, SessionRegistry sessions, ClientBuilds clientBuilds, FrontendCatalogue frontends,
    BuildObserver observer, IReadOnlyList<string> disabledFrontends, TimeProvider clock)
    : IDisposable
{
    private const string TraceHeader = "traceparent";
    private const string ShuttingDown = "the daemon is shutting down";

    // The client opens its session at the same time as it asks for the build.
    private static readonly TimeSpan SessionPatience = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();   // guards both
    private int _running;
    private bool _isRefusing;

    /// <summary>Builds; the answer comes when all is exported.</summary>
    /// <exception cref="BuildException">The build failed, or asks for what does not exist.</exception>
    public async Task<SolveResponse> SolveAsync(SolveRequest request, ServerCall call, CancellationToken cancellationToken)
    {
        Enter();
        try
        {
            SolveRequest plan = SolvePlan.Read(request);
            LiveBuild build = builds.Begin(plan);
            try
            {
                // The first call of the client's own frontend may come before anything else is done.
                using ClientBuild? client = plan.Frontend.Length == 0 && plan.Definition is null
                    ? clientBuilds.Register(plan.Ref, plan.FrontendInputs)
                    : null;

                // A detached build goes on when whoever asked for it has gone.
                bool isDetached = call.RequestHeaders.Find(HeaderNames.Detach) == "1";
                return await SolveAsync(
                    build, client, call.RequestHeaders.Find(TraceHeader), isDetached ? CancellationToken.None : cancellationToken);
            }
            finally
            {
                builds.End(build);
            }
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>Takes no new builds.</summary>
    /// <returns>Completes when none is under way.</returns>
    public Task RefuseAsync()
    {
        lock (_lock)
        {
            _isRefusing = true;
            if (_running == 0)
            {
                _idle.TrySetResult();
            }
        }

        return _idle.Task;
    }

    /// <summary>Ends all builds that are under way; their clients are told why.</summary>
    public void Stop() => _stopping.Cancel();

    public void Dispose() => _stopping.Dispose();

    private void Enter()
    {
        lock (_lock)
        {
            if (_isRefusing)
            {
                throw new RpcException(StatusCode.Unavailable, ShuttingDown);
            }

            _running++;
        }
    }

    private void Leave()
    {
        lock (_lock)
        {
            if (--_running == 0 && _isRefusing)
            {
                _idle.TrySetResult();
            }
        }
    }

    private async Task<SolveResponse> SolveAsync(LiveBuild build, IFrontend? client, string? trace, CancellationToken cancellationToken)
    {
        SolveRequest plan = build.Request;
        if (disabledFrontends.Contains(plan.Frontend, StringComparer.Ordinal))
        {
            throw new BuildException(
                ErrorKind.Environment, "", "", $"invalid frontend: {plan.Frontend} is switched off", "The daemon's configuration switches it off.");
        }

        IFrontend? frontend = client ?? (plan.Frontend.Length > 0 ? frontends.Find(plan.Frontend, plan.FrontendInputs) : null);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopping.Token);
        var description = new BuildRequest
        {
            Id = plan.Ref,
            HistoryId = build.HistoryId,
            IsInternal = plan.Internal,
            Label = SolvePlan.Label(plan),
            Session = NoClient.Instance,
            Definition = plan.Definition,
            Frontend = frontend,
            FrontendOptions = new Dictionary<string, string>(plan.FrontendAttrs, StringComparer.Ordinal),
            Exports = SolvePlan.Exports(plan),
            CacheImports = SolvePlan.Caches(plan.Cache.Imports),
            CacheExports = SolvePlan.Caches(plan.Cache.Exports),
            Entitlements = [.. plan.Entitlements],
        };
        solver.Check(description);
        history.Begin(build);
        BuildResult? result = null;
        Exception? error = null;
        try
        {
            ISession session = plan.Session.Length == 0
                ? NoClient.Instance
                : await sessions.FindAsync(plan.Session, SessionPatience, stop.Token);
            result = await solver.BuildAsync(description with { Session = session }, build.Feed, stop.Token);
        }
        catch (OperationCanceledException e) when (_stopping.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            error = new RpcException(StatusCode.Unavailable, ShuttingDown, e);
            throw error;
        }
        catch (Exception e)
        {
            error = e;
            throw;
        }
        finally
        {
            build.Ended = clock.GetUtcNow();
            build.Feed.Close();
            StepCounts counts = await StepCounts.OfAsync(build.Feed);
            await history.EndAsync(build, result, error, counts);
            await observer.TakeAsync(build, trace, counts, error);
        }

        var response = new SolveResponse();
        response.ExporterResponse.Add(result.Response.ToDictionary());
        return response;
    }
}
