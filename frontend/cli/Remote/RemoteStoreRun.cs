using System.Globalization;
using Cairn.Cli.Building;
using Cairn.Cli.Settings;
using Cairn.Client;
using Cairn.Protos.Control;
using Cairn.Protos.Workers;
using Cairn.Solver;
using PruneRequest = Cairn.Protos.Control.PruneRequest;

namespace Cairn.Cli.Remote;

/// <summary>`cairn du`, `cairn prune` and `cairn info` of a daemon.</summary>
internal static class RemoteStoreRun
{
    private const long NanosecondsPerTick = 100;

    /// <returns>The exit code.</returns>
    public static async Task<int> DiskUsageAsync(DiskUsageSettings settings, string address)
    {
        await using BuildClient client = await DaemonConnection.OpenAsync(address, CancellationToken.None);
        IReadOnlyList<UsageRecord> records = await client.DiskUsageAsync([], CancellationToken.None);
        await RecordText.WriteAsync([.. records.Select(Record)], settings, TimeProvider.System.GetUtcNow());
        return 0;
    }

    /// <returns>The exit code.</returns>
    public static async Task<int> PruneAsync(PruneSettings settings, string address)
    {
        if (!settings.Force && !await StoreRun.ConfirmAsync(settings))
        {
            return 1;
        }

        using Interrupts interrupts = new();
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        long total = 0;
        bool headed = false;
        try
        {
            await using BuildClient client = await DaemonConnection.OpenAsync(address, interrupts.Token);
            var request = new PruneRequest
            {
                All = settings.All,
                KeepDuration = (settings.KeepDuration ?? TimeSpan.Zero).Ticks * NanosecondsPerTick,
                MaxUsedSpace = settings.MaxUsedSpace ?? 0,
                ReservedSpace = settings.ReservedSpace ?? 0,
                MinFreeSpace = settings.MinFreeSpace ?? 0,
            };
            await foreach (UsageRecord removed in client.PruneAsync(request, interrupts.Token))
            {
                string row = RecordText.Row(Record(removed), now);
                await Console.Out.WriteLineAsync(headed ? row : $"{RecordText.Header}\n{row}");
                headed = true;
                total += removed.Size;
            }

            if (settings.History)
            {
                long builds = await RemoteHistoryRun.RemoveAllAsync(client, interrupts.Token);
                await Console.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"History:\t{builds} builds"));
            }
        }
        catch (OperationCanceledException) when (interrupts.ExitCode != 0)
        {
            await Console.Error.WriteLineAsync("ERROR: canceled");
            return interrupts.ExitCode;
        }

        await Console.Out.WriteLineAsync($"Total:\t{ByteSize.Format(total)}");
        return 0;
    }

    /// <returns>The exit code.</returns>
    public static async Task<int> InfoAsync(string address)
    {
        await using BuildClient client = await DaemonConnection.OpenAsync(address, CancellationToken.None);
        BuildkitVersion version = await client.InfoAsync(CancellationToken.None);
        await Console.Out.WriteLineAsync($"Daemon:\t{version.Package} {version.Version} {version.Revision}".TrimEnd());
        foreach (WorkerRecord worker in await client.WorkersAsync([], CancellationToken.None))
        {
            await Console.Out.WriteLineAsync($"Worker:\t{worker.ID}");
            await Console.Out.WriteLineAsync($"  Platforms:\t{string.Join(", ", worker.Platforms.Select(Platform))}");
            foreach ((string name, string value) in worker.Labels.OrderBy(static label => label.Key, StringComparer.Ordinal))
            {
                await Console.Out.WriteLineAsync($"  {name}:\t{value}");
            }
        }

        return 0;
    }

    private static string Platform(Protos.Pb.Platform platform) =>
        platform.Variant.Length == 0 ? $"{platform.OS}/{platform.Architecture}" : $"{platform.OS}/{platform.Architecture}/{platform.Variant}";

    private static StoredRecord Record(UsageRecord record) => new()
    {
        Id = record.ID,
        IsMutable = record.Mutable,
        IsInUse = record.InUse,
        IsShared = record.Shared,
        Size = record.Size,
        CreatedAt = record.CreatedAt?.ToDateTimeOffset() ?? default,
        LastUsedAt = record.LastUsedAt?.ToDateTimeOffset(),
        UsageCount = record.UsageCount,
        Description = record.Description,
        RecordType = record.RecordType,
        Parents = [.. record.Parents],
    };
}
