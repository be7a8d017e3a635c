using System.Globalization;
using Cairn.Cli.Errors;
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
        await using BuildSolver solver = Open(settings.Root, settings.AdditionalStores);
        await RecordText.WriteAsync([.. solver.Store.DiskUsage([])], settings, TimeProvider.System.GetUtcNow());
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
        await using BuildSolver solver = Open(settings.Root, settings.AdditionalStores);
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

    private static BuildSolver Open(string? root, IReadOnlyList<string> additional)
    {
        BuildSolver solver = BuildSolver.Open(StoreLocation.For(root, additional).Options);
        FailureReport.WriteWarnings(Console.Error, solver);
        return solver;
    }

    internal static async Task<bool> ConfirmAsync(PruneSettings settings)
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
