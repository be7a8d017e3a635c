using System.Globalization;
using Cairn.Cli.Settings;
using Cairn.Solver;

namespace Cairn.Cli.Building;

/// <summary>`cairn store verify` and `cairn store repair`.</summary>
internal static class StoreCheckRun
{
    /// <returns>The exit code: 0 for a sound store, 1 for damage.</returns>
    public static Task<int> VerifyAsync(StoreSettings settings) => RunAsync(async (options, progress, token) =>
    {
        StoreCheck check = await StoreCommands.VerifyAsync(options, progress.Report, token);
        progress.End();
        if (settings.Json)
        {
            await Console.Out.WriteLineAsync(StoreCheckText.Json(check, steps: null));
        }
        else
        {
            await Console.Out.WriteAsync(StoreCheckText.Findings(check) + StoreCheckText.Summary(check));
        }
        return check.IsSound ? 0 : 1;
    }, settings);

    /// <returns>The exit code.</returns>
    public static Task<int> RepairAsync(StoreSettings settings) => RunAsync(async (options, progress, token) =>
    {
        StoreMending mending = await StoreCommands.RepairAsync(options, progress.Report, token);
        progress.End();
        if (settings.Json)
        {
            await Console.Out.WriteLineAsync(StoreCheckText.Json(mending.Before, mending.Steps));
        }
        else
        {
            await Console.Out.WriteAsync(StoreCheckText.Findings(mending.Before) + StoreCheckText.Steps(mending));
        }
        return 0;
    }, settings);

    private static async Task<int> RunAsync(Func<SolverOptions, CheckLine, CancellationToken, Task<int>> run, StoreSettings settings)
    {
        using Interrupts interrupts = new();
        StoreLocation location = StoreLocation.For(settings.Root);
        try
        {
            return await run(location.Options, new CheckLine(), interrupts.Token);
        }
        catch (OperationCanceledException) when (interrupts.ExitCode != 0)
        {
            await Console.Error.WriteLineAsync("ERROR: canceled");
            return interrupts.ExitCode;
        }
    }

    /// <summary>One line on the standard error that says how far it is, where a terminal can rewrite it.</summary>
    private sealed class CheckLine
    {
        private readonly bool _isTerminal = !Console.IsErrorRedirected;
        private long _shown;   // when the line was last written; calls come one at a time

        public void Report(string what, int done, int total)
        {
            if (_isTerminal && (done == total || TimeProvider.System.GetElapsedTime(_shown) > TimeSpan.FromMilliseconds(100)))
            {
                _shown = TimeProvider.System.GetTimestamp();
                Console.Error.Write(string.Create(CultureInfo.InvariantCulture, $"\r\u001b[Kverifying {what}: {done} of {total}"));
            }
        }

        public void End()
        {
            if (_isTerminal)
            {
                Console.Error.Write("\r\u001b[K");
            }
        }
    }
}
