using Cairn.Frontend.Gateway;
using Cairn.Frontend.Gateway.Bridge;
using Cairn.Solver;
using Pb = Cairn.Protos.Pb;

namespace Cairn.Daemon.Bridge;

/// <summary>A build whose frontend is its client: what the client returns over the bridge is the result.</summary>
public sealed class ClientBuild : IFrontend, IDisposable
{
    private readonly FrontendCatalogue _catalogue;
    private readonly IReadOnlyDictionary<string, Pb.Definition> _inputs;
    private readonly Action _end;
    private readonly TaskCompletionSource<ServedFrontend> _served = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal ClientBuild(FrontendCatalogue catalogue, IReadOnlyDictionary<string, Pb.Definition> inputs, Action end)
    {
        _catalogue = catalogue;
        _inputs = inputs;
        _end = end;
    }

    /// <summary>Lets the client drive the build, and waits for what it returns.</summary>
    /// <exception cref="Cairn.Rpc.Calls.RpcException">The error that the client returned, with its details.</exception>
    public async Task<FrontendSolve> SolveAsync(
        IFrontendBridge bridge, IReadOnlyDictionary<string, string> options, CancellationToken cancellationToken)
    {
        await using var served = new ServedFrontend(bridge, _catalogue, _inputs);
        _served.TrySetResult(served);
        return await served.Returned.WaitAsync(cancellationToken);
    }

    /// <summary>Ends the registration; calls that still wait for the build fail.</summary>
    public void Dispose()
    {
        _end();
        _served.TrySetCanceled();
    }

    // The build may be registered while it is not yet under way.
    internal Task<ServedFrontend> FrontendAsync(CancellationToken cancellationToken) => _served.Task.WaitAsync(cancellationToken);
}
