using Cairn.Daemon.Configuration;
using Cairn.Daemon.Tests.Support;
using Cairn.Protos.Control;
using Cairn.Rpc.Client;
using Cairn.Wire.Methods;
using Xunit;

namespace Cairn.Daemon.Tests.Control;

/// <summary>control-and-status.md, section 19.</summary>
public sealed class CacheTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_builds_left_is_listed_and_pruned()
    {
        await using RunningDaemon daemon = await RunningDaemon.StartAsync();
        await using RpcChannel channel = await daemon.ConnectAsync(Token);
        await channel.SolveAsync(new SolveRequest { Ref = "one", Definition = ControlClient.File("a", "x") });

        UsageRecord record = Assert.Single((await UsageAsync(channel)).Record);
        Assert.Equal("regular", record.RecordType);
        Assert.Empty((await UsageAsync(channel, "type==source.local")).Record);
        Assert.Empty((await channel.CallAsync(ControlMethods.DiskUsage, new DiskUsageRequest { AgeLimit = 3_600_000_000_000 }, new RpcCallOptions(), Token)).Record);
        Assert.Contains(
            "failed to parse diskusage filters", (await ControlClient.FailAsync(() => UsageAsync(channel, "nonsense==1"))).Status.Message, StringComparison.Ordinal);

        Assert.Empty(await channel.ReadAllAsync(ControlMethods.Prune, new PruneRequest { KeepDuration = 3_600_000_000_000 }));
        UsageRecord gone = Assert.Single(await channel.ReadAllAsync(ControlMethods.Prune, new PruneRequest { Filter = { "" } }));
        Assert.Equal((record.ID, "", false), (gone.ID, gone.RecordType, gone.Shared));
        Assert.Empty((await UsageAsync(channel)).Record);
    }

    [Fact]
    public async Task The_rules_of_the_cache_are_told_and_carried_out_after_a_build()
    {
        await using RunningDaemon daemon = await RunningDaemon.StartAsync(
            static settings => settings with { GcRules = [new GcRule { All = true, MaxUsedSpace = 1, KeepDuration = TimeSpan.Zero }] });
        await using RpcChannel channel = await daemon.ConnectAsync(Token);
        ListWorkersResponse workers = await channel.CallAsync(ControlMethods.ListWorkers, new ListWorkersRequest(), new RpcCallOptions(), Token);
        Assert.Equal((true, 1L), (workers.Record[0].GCPolicy[0].All, workers.Record[0].GCPolicy[0].MaxUsedSpace));

        await channel.SolveAsync(new SolveRequest { Ref = "one", Definition = ControlClient.File("a", "x") });
        while ((await UsageAsync(channel)).Record.Count > 0)
        {
            Token.ThrowIfCancellationRequested();
        }
    }

    private static Task<DiskUsageResponse> UsageAsync(RpcChannel channel, params string[] filters) => channel.CallAsync(
        ControlMethods.DiskUsage, new DiskUsageRequest { Filter = { filters } }, new RpcCallOptions(), Token);
}
