using Cairn.Protos.Control;
using Cairn.Rpc.Server;
using Cairn.Wire.Methods;

namespace Cairn.Daemon.Control;

/// <summary>Serves <c>moby.buildkit.v1.Control</c>.</summary>
internal sealed class ControlService(WorkerList workers)
{
    /// <summary>Adds the methods to a table.</summary>
    public void AddTo(RpcServices services)
    {
        services.AddUnary(ControlMethods.Info, static (_, _, _) => Task.FromResult(new InfoResponse { BuildkitVersion = WorkerList.Version }));
        services.AddUnary(ControlMethods.ListWorkers, (request, _, _) => Task.FromResult(workers.List(request)));
    }
}
