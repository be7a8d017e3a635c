using Cairn.Cli.Building;
using Cairn.Cli.Errors;
using Cairn.Cli.Progress;
using Cairn.Cli.Settings;
using Cairn.Client;
using Cairn.Llb;
using Cairn.Protos.Control;

namespace Cairn.Cli.Remote;

/// <summary>`cairn attach` and `cairn wait`. Whoever watches a build has no part in it: leaving changes nothing.</summary>
internal static class WatchRun
{
    /// <returns>The exit code: that of the build, 128 + the signal's number if a signal ended the watching.</returns>
    public static async Task<int> RunAsync(WatchSettings settings)
    {
        using Interrupts interrupts = new();
        var clock = TimeProvider.System;
        BuildView view = new();
        try
        {
            await using BuildClient client = await DaemonConnection.OpenAsync(settings.Address, interrupts.Token);
            IAsyncEnumerable<StatusResponse> news = client.StatusAsync(settings.Build, interrupts.Token);
            if (settings.Progress is { } mode)
            {
                await using ProgressPump pump = new(Displays.Open(mode, view, clock.GetUtcNow()), clock);
                await NewsPump.RunAsync(news, pump);
            }
            else
            {
                await foreach (StatusResponse _ in news)
                {
                    // Only the end matters.
                }
            }

            return await OutcomeAsync(client, settings.Build, view, interrupts.Token);
        }
        catch (OperationCanceledException) when (interrupts.ExitCode != 0)
        {
            return interrupts.ExitCode;
        }
    }

    // The news end with the build; how it ended stands in its record, which is complete a moment later.
    private static async Task<int> OutcomeAsync(BuildClient client, string build, BuildView view, CancellationToken cancellationToken)
    {
        await foreach (BuildHistoryEvent one in client.HistoryAsync(new BuildHistoryRequest { Ref = build }, cancellationToken))
        {
            if (one.Type == BuildHistoryEventType.Complete)
            {
                if (one.Record.Error is not { } error)
                {
                    return 0;
                }

                FailureReport.Write(Console.Error, new BuildException(ErrorKind.Input, "", "", error.Message), view);
                return 1;
            }
        }

        throw new BuildException(ErrorKind.Environment, "follow build", build, "the daemon has ended the connection before the build ended");
    }
}
