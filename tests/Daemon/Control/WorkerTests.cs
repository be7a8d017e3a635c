using Cairn.Daemon.Tests.Support;
using Cairn.Protos.Control;
using Cairn.Protos.Workers;
using Cairn.Rpc.Client;
using Cairn.Rpc.Health;
using Cairn.Wire.Methods;
using Xunit;

namespace Cairn.Daemon.Tests.Control;

public sealed class WorkerTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_client_learns_the_version_and_the_worker()
    {
        await using RunningDaemon daemon = await RunningDaemon.StartAsync();
        await using RpcChannel channel = await daemon.ConnectAsync(Token);
        InfoResponse info = await channel.CallAsync(ControlMethods.Info, new InfoRequest(), new RpcCallOptions(), Token);
        Assert.StartsWith("v0.", info.BuildkitVersion.Version, StringComparison.Ordinal);
        ListWorkersResponse workers = await channel.CallAsync(ControlMethods.ListWorkers, new ListWorkersRequest(), new RpcCallOptions(), Token);
        WorkerRecord worker = Assert.Single(workers.Record);
        Assert.NotEmpty(worker.ID);
        Assert.NotEmpty(worker.Platforms);
        Assert.Equal(ServingStatus.Serving, await channel.CallAsync(HealthMethods.Check, "", new RpcCallOptions(), Token));
    }
}
