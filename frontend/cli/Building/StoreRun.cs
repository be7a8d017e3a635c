using System.Globalization;
using Cairn.Cli.Settings;
using Cairn.Llb;
using Cairn.Solver;
using Cairn.Solver.History;

namespace Cairn.Cli.Building;

/// <summary>`cairn du` and `cairn prune`.</summary>
internal static class StoreRun
{
    /// <returns>The exit code.</returns>
    public static async Task<int> DiskUsageAsync(DiskUsageSettings settings)
    {
        await using BuildSolver solver = Open(settings.Root);
        IReadOnlyList<StoredRecord> records =
            [.. solver.Store.DiskUsage([]).OrderByDescending(r => r.Size).ThenBy(r => r.Id, StringComparer.Ordinal)];
        if (settings.Json)
        {
            foreach (StoredRecord record in records)
            {
                await Console.Out.WriteLineAsync(RecordText.Json(record));
            }

            return 0;
        }

        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        if (settings.Verbose)
        {
            foreach (StoredRecord record in records)
            {
                await Console.Out.WriteLineAsync(RecordText.Long(record, now));
            }
        }
        else
        {
            await Console.Out.WriteLineAsync(RecordText.Header);
            foreach (StoredRecord record in records)
            {
                await Console.Out.WriteLineAsync(RecordText.Row(record, now));
            }
        }

        long total = records.Sum(r => r.Size), shared = records.Where(r => r.IsShared).Sum(r => r.Size);
        if (shared > 0)
        {
            await Console.Out.WriteLineAsync($"Shared:\t\t{ByteSize.Format(shared)}\nPrivate:\t{ByteSize.Format(total - shared)}");
        }

        await Console.Out.WriteLineAsync($"Reclaimable:\t{ByteSize.Format(records.Where(r => !r.IsInUse).Sum(r => r.Size))}\nTotal:\t\t{ByteSize.Format(total)}");
        return 0;
    }

    /// <returns>The exit code.</returns>
    public static async Task<int> PruneAsync(PruneSettings settings)
    {
        if (!settings.Force && !await ConfirmAsync(settings))
        {
            return 1;
        }

        using Interrupts interrupts = new();
        await using BuildSolver solver = Open(settings.Root);
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        bool headed = false;
        IReadOnlyList<StoredRecord> removed;
        try
        {
            removed = await solver.Store.PruneAsync(
                new PruneRequest
                {
                    All = settings.All,
                    KeepDuration = settings.KeepDuration ?? TimeSpan.Zero,
                    MaxUsedSpace = settings.MaxUsedSpace ?? 0,
                    ReservedSpace = settings.ReservedSpace ?? 0,
                    MinFreeSpace = settings.MinFreeSpace ?? 0,
                },
                record =>
                {
                    Console.Out.WriteLine(headed ? RecordText.Row(record, now) : $"{RecordText.Header}\n{RecordText.Row(record, now)}");
                    headed = true;
                },
                interrupts.Token);
        }
        catch (OperationCanceledException) when (interrupts.ExitCode != 0)
        {
            await Console.Error.WriteLineAsync("ERROR: canceled");
            return interrupts.ExitCode;
        }

        if (settings.History)
        {
            BuildSummary[] builds = [.. solver.History.List().Where(static build => build.Status != BuildStatus.Running)];
            solver.History.Remove(builds);
            await Console.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"History:\t{builds.Length} builds"));
        }

        await Console.Out.WriteLineAsync($"Total:\t{ByteSize.Format(removed.Sum(r => r.Size))}");
        return 0;
    }

    private static BuildSolver Open(string? root)
    {
        StoreLocation location = StoreLocation.For(root);
        return BuildSolver.Open(new SolverOptions { Root = location.Root, RunRoot = location.RunRoot });
    }

    private static async Task<bool> ConfirmAsync(PruneSettings settings)
    {
        if (Console.IsInputRedirected)
        {
            throw new BuildException(ErrorKind.Input, "", "", "prune asks before it removes anything, and the standard input is no terminal", "Give --force.");
        }

        await Console.Error.WriteAsync(string.Create(
            CultureInfo.InvariantCulture,
            $"WARNING! This will remove {(settings.All ? "all" : "all dangling")} build cache. Are you sure you want to continue? [y/N] "));
        return (await Console.In.ReadLineAsync())?.Trim().ToLowerInvariant() is "y" or "yes";
    }
}
