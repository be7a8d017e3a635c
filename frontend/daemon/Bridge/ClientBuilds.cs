using Cairn.Frontend.Gateway;
using Cairn.Frontend.Gateway.Bridge;
using Cairn.Rpc.Calls;
using Cairn.Rpc.Server;
using Cairn.Wire.Headers;
using Pb = Cairn.Protos.Pb;

namespace Cairn.Daemon.Bridge;

/// <summary>The builds that their clients drive themselves, by the ids that the calls of the bridge carry.</summary>
/// <remarks>Source: gateway.md, section 2.</remarks>
public sealed class ClientBuilds(FrontendCatalogue catalogue, TimeProvider clock)
{
    private const string NoId = "no buildid found in context";

    // Clients call the bridge and Control.Solve at the same time.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private readonly Lock _gate = new();   // guards both
    private readonly Dictionary<string, ClientBuild> _builds = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Waiting> _waiting = new(StringComparer.Ordinal);

    /// <summary>Adds LLBBridge, as clients call it, to a server.</summary>
    public void AddTo(RpcServices services) => new BridgeService(FindAsync).AddTo(services);

    /// <summary>A build that its client will drive. Whoever disposes it ends that.</summary>
    /// <param name="buildId">Id that the client gave the build; unique among live builds.</param>
    /// <param name="inputs">Definitions that the client gave.</param>
    /// <exception cref="RpcException">There is a live build of that id.</exception>
    public ClientBuild Register(string buildId, IReadOnlyDictionary<string, Pb.Definition> inputs)
    {
        var build = new ClientBuild(catalogue, inputs, () => Remove(buildId));
        lock (_gate)
        {
            if (!_builds.TryAdd(buildId, build))
            {
                throw new RpcException(StatusCode.AlreadyExists, $"job ID {buildId} exists");
            }

            if (_waiting.Remove(buildId, out Waiting? waiting))
            {
                waiting.Found.SetResult(build);
            }
        }

        return build;
    }

    private void Remove(string buildId)
    {
        lock (_gate)
        {
            _builds.Remove(buildId);
        }
    }

    private async ValueTask<ServedFrontend> FindAsync(ServerCall call, CancellationToken cancellationToken)
    {
        string method = call.Path[(call.Path.LastIndexOf('/') + 1)..];
        string[] ids = [.. call.RequestHeaders.FindAll(HeaderNames.BuildId)];
        if (ids.Length != 1)
        {
            throw new RpcException(StatusCode.Unknown, $"forwarding {method}: {NoId}");
        }

        ClientBuild build = await WaitAsync(ids[0], method, cancellationToken);
        try
        {
            return await build.FrontendAsync(cancellationToken);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw NoJob(ids[0], method, e);
        }
    }

    private async Task<ClientBuild> WaitAsync(string buildId, string method, CancellationToken cancellationToken)
    {
        Waiting? waiting;
        lock (_gate)
        {
            if (_builds.TryGetValue(buildId, out ClientBuild? known))
            {
                return known;
            }

            if (!_waiting.TryGetValue(buildId, out waiting))
            {
                _waiting.Add(buildId, waiting = new Waiting());
            }

            waiting.Callers++;
        }

        try
        {
            return await waiting.Found.Task.WaitAsync(Patience, clock, cancellationToken);
        }
        catch (TimeoutException e)
        {
            throw NoJob(buildId, method, e);
        }
        finally
        {
            Leave(buildId, waiting);
        }
    }

    private static RpcException NoJob(string buildId, string method, Exception cause) =>
        new(StatusCode.NotFound, $"forwarding {method}: no such job {buildId}", cause);

    private void Leave(string buildId, Waiting waiting)
    {
        lock (_gate)
        {
            if (--waiting.Callers == 0 && _waiting.GetValueOrDefault(buildId) == waiting)
            {
                _waiting.Remove(buildId);
            }
        }
    }

    private sealed class Waiting
    {
        public TaskCompletionSource<ClientBuild> Found { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int Callers { get; set; }   // guarded by the gate
    }
}
