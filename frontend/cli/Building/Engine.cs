using Cairn.Cli.Explain;
using Cairn.Cli.History;
using Cairn.Cli.Remote;
using Cairn.Cli.Settings;

namespace Cairn.Cli.Building;

/// <summary>The doors to what needs the rooms below. Nothing of these is loaded before one of the doors is used.</summary>
internal static class Engine
{
    public static Task<int> BuildAsync(BuildSettings settings) => settings.Address is { } address
        ? settings.Detach ? DetachedRun.StartAsync() : new RemoteBuildRun(settings, address).RunAsync()
        : new BuildRun(settings).RunAsync();

    public static Task<int> DiskUsageAsync(DiskUsageSettings settings) => settings.Address is { } address
        ? RemoteStoreRun.DiskUsageAsync(settings, address)
        : StoreRun.DiskUsageAsync(settings);

    public static Task<int> PruneAsync(PruneSettings settings) => settings.Address is { } address
        ? RemoteStoreRun.PruneAsync(settings, address)
        : StoreRun.PruneAsync(settings);

    public static Task<int> DebugAsync(DebugSettings settings) => DebugRun.RunAsync(settings);

    public static Task<int> GraphAsync(GraphSettings settings) => GraphRun.RunAsync(settings);

    public static Task<int> ExplainAsync(ExplainSettings settings) => ExplainRun.RunAsync(settings);

    public static Task<int> HistoryAsync(HistorySettings settings) => settings.Address is { } address
        ? new RemoteHistoryRun(settings, address).RunAsync()
        : new HistoryRun(settings).RunAsync();

    public static Task<int> WatchAsync(WatchSettings settings) => WatchRun.RunAsync(settings);

    public static Task<int> InfoAsync(string address) => RemoteStoreRun.InfoAsync(address);

    public static Task<int> VerifyStoreAsync(StoreSettings settings) => StoreCheckRun.VerifyAsync(settings);

    public static Task<int> RepairStoreAsync(StoreSettings settings) => StoreCheckRun.RepairAsync(settings);

    public static Task<int> DaemonAsync(IReadOnlyList<string> arguments) => Daemon.DaemonRun.RunAsync(arguments);

    public static Task<int> DialStdioAsync(IReadOnlyList<string> arguments) =>
        Daemon.Listening.StdioDialer.RunAsync(arguments, CancellationToken.None);

    public static Task<int> DumpLlbAsync(LlbDumpSettings settings) => LlbDumpRun.RunAsync(settings);
}
