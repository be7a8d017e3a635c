using System.Text.RegularExpressions;
using Cairn.Cli.Settings;
using Cairn.Cli.Timings;
using Cairn.Llb;
using Cairn.Solver;
using Cairn.Solver.Explain;
using Cairn.Solver.History;

namespace Cairn.Cli.Building;

/// <summary>What is asked of a build's record when the build has ended: a page of timings, and whether steps came from the cache.</summary>
internal static class BuildReview
{
    /// <summary>Writes the page, if one is wanted.</summary>
    /// <returns>Explanations of the steps that ran although they were expected in the cache.</returns>
    /// <exception cref="BuildException">Environment: the page cannot be written. Input: a pattern matches no step of the build.</exception>
    public static async Task<IReadOnlyList<Explanation>> RunAsync(BuildSolver solver, BuildId id, BuildSettings settings)
    {
        if (settings.Timings is null && settings.ExpectCached.Count == 0)
        {
            return [];
        }

        await solver.RecordsAsync(CancellationToken.None);
        if (solver.History.TryLoad(id) is not { } record)
        {
            throw new BuildException(ErrorKind.Environment, "read record of build", id.Value, "it could not be written", "Look for a full disk.");
        }

        if (settings.Timings is { } path)
        {
            try
            {
                await File.WriteAllBytesAsync(path, TimingsPage.Render(record), CancellationToken.None);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new BuildException(ErrorKind.Environment, "write", path, e.Message, inner: e);
            }
        }

        List<StepRecord> ran = [];
        foreach (string pattern in settings.ExpectCached)
        {
            StepRecord[] matching = [.. record.Steps.Where(step => IsMatch(step.Name, pattern))];
            if (matching.Length == 0 && record.Status == BuildStatus.Completed)
            {
                throw new BuildException(
                    ErrorKind.Input, "check --expect-cached", pattern, "no step of the build matches", $"See 'cairn history inspect {id}'.");
            }

            ran.AddRange(matching.Where(static step => step.Outcome is StepOutcome.Executed or StepOutcome.Failed));
        }

        return solver.History.Explain(record, ran.DistinctBy(static step => step.Digest));
    }

    // Without an asterisk the pattern may stand anywhere in the name.
    private static bool IsMatch(string name, string pattern) => pattern.Contains('*', StringComparison.Ordinal)
        ? Regex.IsMatch(name, "\\A" + Regex.Escape(pattern).Replace("\\*", ".*", StringComparison.Ordinal) + "\\z", RegexOptions.Singleline)
        : name.Contains(pattern, StringComparison.OrdinalIgnoreCase);
}
