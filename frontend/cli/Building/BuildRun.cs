using Cairn.Cli.Contexts;
using Cairn.Cli.Errors;
using Cairn.Cli.Progress;
using Cairn.Cli.Settings;
using Cairn.Llb;
using Cairn.Solver;
using Cairn.Solver.Sessions;

namespace Cairn.Cli.Building;

/// <summary>One `cairn build`: opens store and contexts, builds, shows it, and writes what was asked for about the result.</summary>
internal sealed class BuildRun(BuildSettings settings)
{
    private readonly TimeProvider _clock = TimeProvider.System;

    /// <returns>The exit code.</returns>
    public async Task<int> RunAsync()
    {
        IReadOnlyList<OutputSpec> outputs = settings.EffectiveOutputs();
        StoreLocation location = StoreLocation.For(settings.Root, settings.AdditionalStores);
        OutputPlan plan = OutputPlan.Check(outputs);
        using Interrupts interrupts = new();
        string id = Guid.NewGuid().ToString("N");
        using ContextOpener opener = new(settings, id, Console.OpenStandardInput());
        OpenedContexts contexts = await opener.OpenAsync(interrupts.Token);
        using BuildSession session = BuildSession.Open(id, settings, contexts, plan);

        BuildView view = new();
        BuildResult result;
        try
        {
            await using BuildSolver solver = BuildSolver.Open(location.Options);
            FailureReport.WriteWarnings(Console.Error, solver);
            interrupts.TellOnQuit(solver.WaitGraphAsync);
            await using ProgressPump pump = new(Displays.Open(settings.Progress, view, _clock.GetUtcNow()), _clock);
            result = await solver.BuildAsync(Request(id, session.Session, contexts, plan), pump, interrupts.Token);
        }
        catch (Exception e) when (interrupts.ExitCode != 0 && e is OperationCanceledException or BuildException)
        {
            await Console.Error.WriteLineAsync("ERROR: failed to build: failed to solve: Canceled: context canceled");
            return interrupts.ExitCode;
        }
        catch (BuildException e)
        {
            FailureReport.Write(Console.Error, e, view);
            return 1;
        }

        if (settings.Progress is not (ProgressMode.Quiet or ProgressMode.RawJson))
        {
            FailureReport.WriteWarnings(Console.Error, view.Warnings);
            if (outputs.Count == 0)
            {
                await Console.Error.WriteLineAsync(
                    "WARNING: No output specified. Build result will only remain in the build cache. "
                    + "To push result image into registry use --push or to write it use --output");
            }
        }

        await ResultFiles.WriteAsync(settings, result.Response, CancellationToken.None);
        return 0;
    }

    private BuildRequest Request(string id, ISession session, OpenedContexts contexts, OutputPlan plan)
    {
        SortedDictionary<string, string> options = settings.FrontendOptions();
        foreach ((string key, string value) in contexts.Options)
        {
            options[key] = value;
        }

        return new BuildRequest
        {
            Id = id,
            Session = session,
            Frontend = contexts.Frontend,
            FrontendOptions = options,
            Exports = plan.Exports,
            Entitlements = settings.Entitlements,
        };
    }
}
