using Cairn.Cli.Building;
using Cairn.Cli.Settings;
using Cairn.Llb;
using Cairn.Solver;
using Cairn.Solver.Explain;
using Cairn.Solver.History;

namespace Cairn.Cli.Explain;

/// <summary>`cairn explain`.</summary>
internal static class ExplainRun
{
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(ExplainSettings settings)
    {
        await using BuildSolver solver = BuildSolver.Open(StoreLocation.For(settings.Root, settings.AdditionalStores).Options);
        (BuildSummary build, string? part) = Find(solver.History, settings);
        BuildRecord record = solver.History.TryLoad(build.Id) ?? throw new BuildException(
            ErrorKind.Input, "explain build", build.Id.Value, "it has no record: it runs, was interrupted, or its record is damaged");
        StepRecord[] steps = Choose(record, part);
        foreach (Explanation explanation in solver.History.Explain(record, steps))
        {
            await Console.Out.WriteAsync(settings.Json ? explanation.ToJson() + "\n" : ExplanationText.Render(explanation, record.Created));
        }

        if (steps.Length == 0 && !settings.Json)
        {
            await Console.Out.WriteLineAsync($"No step of build {build.Id} ran: everything came from the cache.");
        }

        return 0;
    }

    // A single argument that is no build is a step of the newest one.
    private static (BuildSummary Build, string? Step) Find(BuildHistory history, ExplainSettings settings)
    {
        if (settings is { Build: { } text, Step: null } && text[0] != '^'
            && !history.List().Any(build => build.Id.Value.StartsWith(text, StringComparison.Ordinal)))
        {
            return (history.Find(null), text);
        }

        return (history.Find(settings.Build), settings.Step);
    }

    /// <summary>The steps that a part of a name means; without one those that were carried out and could have been cached.</summary>
    internal static StepRecord[] Choose(BuildRecord record, string? part)
    {
        if (part is null)
        {
            return
            [
                .. record.Steps.Where(static step => step is { Kind.Length: > 0, Outcome: StepOutcome.Executed or StepOutcome.Failed }
                    && step.Recipe?.Miss != MissWords.VolatileKey),
            ];
        }

        StepRecord[] found = [.. record.Steps.Where(step => step.Digest.ToString() == part || step.Name.Contains(part, StringComparison.OrdinalIgnoreCase))];
        return found.Length > 0
            ? found
            : throw new BuildException(
                ErrorKind.Input, "find step", part, $"build {record.Id} has no step of such a name", $"See 'cairn history inspect {record.Id}'.");
    }
}
