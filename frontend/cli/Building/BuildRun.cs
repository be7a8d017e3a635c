using Cairn.Cli.Contexts;
using Cairn.Cli.Errors;
using Cairn.Cli.Explain;
using Cairn.Cli.Progress;
using Cairn.Cli.Settings;
using Cairn.Llb;
using Cairn.Solver;
using Cairn.Solver.Execution;
using Cairn.Solver.Explain;
using Cairn.Solver.History;
using Cairn.Solver.Sessions;

namespace Cairn.Cli.Building;

/// <summary>One `cairn build`: opens store and contexts, builds, shows it, and writes what was asked for about the result.</summary>
internal sealed class BuildRun(BuildSettings settings)
{
    private readonly TimeProvider _clock = TimeProvider.System;
    private readonly BuildId _historyId = BuildId.New();

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
        CachePlan caches = await CachePlan.OpenAsync(settings, interrupts.Token);
        using BuildSession session = BuildSession.Open(id, settings, contexts, plan, caches);

        BuildView view = new();
        BuildResult result;
        IReadOnlyList<Explanation> unexpected = [];
        try
        {
            await using BuildSolver solver = BuildSolver.Open(location.Options);
            FailureReport.WriteWarnings(Console.Error, solver);
            interrupts.TellOnQuit(solver.WaitGraphAsync);
            try
            {
                await using ProgressPump pump = new(Displays.Open(settings.Progress, view, _clock.GetUtcNow()), _clock);
                result = await solver.BuildAsync(Request(id, session.Session, contexts, plan, caches), pump, interrupts.Token);
            }
            finally
            {
                unexpected = await BuildReview.RunAsync(solver, _historyId, settings);
            }
        }
        catch (Exception e) when (interrupts.ExitCode != 0 && e is OperationCanceledException or BuildException)
        {
            await Console.Error.WriteLineAsync("ERROR: failed to build: failed to solve: Canceled: context canceled");
            return interrupts.ExitCode;
        }
        catch (BuildException e)
        {
            FailureReport.Write(Console.Error, e, view);
            if (ProcessFailedException.Find(e) is { Kept.Count: > 0 })
            {
                await Console.Error.WriteLineAsync($"To look at what the step left: cairn debug {_historyId}");
            }

            await TellAsync(unexpected);
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

        await caches.FinishAsync(result.Response, CancellationToken.None);
        await ResultFiles.WriteAsync(settings, result.Response, CancellationToken.None);
        await TellAsync(unexpected);
        return unexpected.Count > 0 ? 1 : 0;
    }

    private async Task TellAsync(IReadOnlyList<Explanation> unexpected)
    {
        if (unexpected.Count > 0)
        {
            await Console.Error.WriteLineAsync($"ERROR: {(unexpected.Count == 1 ? "a step" : $"{unexpected.Count} steps")} ran that should have come from the cache:");
            foreach (Explanation explanation in unexpected)
            {
                await Console.Error.WriteAsync(ExplanationText.Render(explanation, _clock.GetUtcNow()));
            }
        }
    }

    // As the list of builds shows it: the context's own name, and what is not usual about the build.
    private BuildLabel Label()
    {
        string subject = settings.Definition ?? settings.Context;
        bool isPath = subject != "-" && (Directory.Exists(subject) || File.Exists(subject));
        string context = isPath ? Path.GetFullPath(subject) : subject;
        string file = settings.File is { } given and not "-" && File.Exists(given) ? Path.GetFullPath(given) : settings.File ?? "";
        string name = isPath ? Path.GetFileName(Path.TrimEndingDirectorySeparator(context)) : context;
        if (settings.File is not null && Path.GetFileName(settings.File) is { Length: > 0 } fileName && fileName != "Dockerfile")
        {
            name += "/" + fileName;
        }

        return new BuildLabel(settings.Target is { } target ? $"{name} ({target})" : name, context, file, settings.Target ?? "");
    }

    private BuildRequest Request(string id, ISession session, OpenedContexts contexts, OutputPlan plan, CachePlan caches)
    {
        SortedDictionary<string, string> options = settings.FrontendOptions();
        foreach ((string key, string value) in contexts.Options)
        {
            options[key] = value;
        }

        return new BuildRequest
        {
            Id = id,
            HistoryId = _historyId,
            Label = Label(),
            Session = session,
            Frontend = contexts.Frontend,
            FrontendOptions = options,
            Exports = plan.Exports,
            CacheImports = caches.Imports,
            CacheExports = caches.Exports,
            Entitlements = settings.Entitlements,
        };
    }
}
