using Cairn.Cli.Settings;
using Cairn.Solver;
using Cairn.Solver.Debugging;

namespace Cairn.Cli.Building;

/// <summary>`cairn debug`.</summary>
internal static class DebugRun
{
    /// <returns>The shell's exit code.</returns>
    public static async Task<int> RunAsync(DebugSettings settings)
    {
        StoreLocation location = StoreLocation.For(settings.Root);
        await using BuildSolver solver = BuildSolver.Open(new SolverOptions { Root = location.Root, RunRoot = location.RunRoot });
        FailedStep failed = solver.Shells.Find(settings.Build is null ? null : solver.History.Find(settings.Build), settings.Step);
        await Console.Error.WriteLineAsync($"{failed.Name} of build {failed.Build}, as its command left it: {failed.Command}");
        foreach (string missing in failed.Missing)
        {
            await Console.Error.WriteLineAsync($"not kept: {missing}");
        }

        await Console.Error.WriteLineAsync("Changes made here are thrown away.");
        using Interrupts interrupts = new();
        string? terminal = Console.IsInputRedirected || Console.IsOutputRedirected ? null : Environment.GetEnvironmentVariable("TERM") ?? "dumb";
        try
        {
            return await solver.Shells.RunAsync(failed, settings.Shell, terminal, interrupts.Token);
        }
        catch (OperationCanceledException) when (interrupts.ExitCode != 0)
        {
            return interrupts.ExitCode;
        }
    }
}
