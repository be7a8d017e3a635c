using System.Text;
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
        await using BuildSolver solver = BuildSolver.Open(StoreLocation.For(settings.Root, settings.AdditionalStores).Options);
        FailedStep failed = solver.Shells.Find(settings.Build is null ? null : solver.History.Find(settings.Build), settings.Step);
        Tell([
            $"{failed.Name} of build {failed.Build}, as its command left it: {failed.Command}",
            .. failed.Missing.Select(static missing => $"not kept: {missing}"),
            "Changes made here are thrown away.",
        ]);
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

    // Not by way of the console's writer, which would change the mode of a terminal that the shell is about to have.
    private static void Tell(IEnumerable<string> lines)
    {
        using Stream error = Console.OpenStandardError();
        error.Write(Encoding.UTF8.GetBytes(string.Join('\n', lines) + "\n"));
    }
}
