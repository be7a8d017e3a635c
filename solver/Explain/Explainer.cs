using Cairn.Cache.Collection;
using Cairn.Cache.Refs;
using Cairn.Llb;
using Cairn.Solver.History;

namespace Cairn.Solver.Explain;

/// <summary>Explains the steps of one build from the records of it and of earlier ones.</summary>
internal sealed partial class Explainer
{
    private const int MostBuilds = 64;
    private const int MostMatches = 16;   // further back, a step of the same recipe is not looked for

    private readonly BuildHistory _history;
    private readonly Collector _collector;
    private readonly RecordedBuild _build;
    private readonly Lazy<List<BuildSummary>> _older;
    private readonly Dictionary<BuildId, RecordedBuild?> _loaded = [];
    private readonly HashSet<(Digest Step, BuildId Build, Digest Earlier)> _same = [];   // pairs without a difference

    public Explainer(BuildHistory history, Collector collector, BuildRecord record)
    {
        _history = history;
        _collector = collector;
        _build = new RecordedBuild(history, record);
        _older = new Lazy<List<BuildSummary>>(Older);
    }

    /// <summary>Why a step of the build was carried out, or how it was found.</summary>
    public Explanation Explain(StepRecord step)
    {
        var bare = new Explanation { Build = _build.Record.Id, Step = ExplainedStep.Of(step), Outcome = step.Outcome };
        if (step.Outcome is StepOutcome.Cached or StepOutcome.NotNeeded)
        {
            string? hit = step.Recipe is null ? null : step.Recipe.Hit ?? (step.Recipe.Inputs.Any(static input => input.Content is not null) ? "content" : null);
            return bare with { Hit = hit };
        }

        List<ExplainedStep> path = [];
        (Cause cause, EarlierStep? earlier) = Why(step, path);
        return bare with { Cause = cause, Earlier = earlier, Path = path };
    }

    private (Cause Cause, EarlierStep? Earlier) Why(StepRecord step, List<ExplainedStep> path)
    {
        path.Add(ExplainedStep.Of(step));
        if (OfMiss(step) is { } own)
        {
            return (own, null);
        }

        Match? nearest = null;
        foreach (Match match in Matches(step).Take(MostMatches))
        {
            nearest ??= match;
            if (match.Cause is null)
            {
                Cause same = OfSame(step, match.Step, out List<ExplainedStep> below);
                if (match == nearest || same.Kind == CauseKind.Evicted)
                {
                    path.AddRange(below);
                    return (same, match.Earlier);
                }

                break;
            }
        }

        if (nearest is null)
        {
            return (OfFailedImport(step) ?? OfMissingImport(step) ?? new Cause { Kind = CauseKind.NoEarlierStep }, null);
        }

        path.AddRange(nearest.Path);
        return (nearest.Cause!, nearest.Earlier);
    }

    // What the scheduler knew when it had the step carried out.
    private Cause? OfMiss(StepRecord step)
    {
        if (step.Kind.Length == 0)
        {
            return new Cause { Kind = CauseKind.NeverCached, Detail = "it is work of the build itself, not a step of the definition" };
        }

        switch (step.Recipe?.Miss)
        {
            case MissWords.IgnoresCache:
                string? option = _build.Record.Options.GetValueOrDefault("no-cache");
                return new Cause
                {
                    Kind = CauseKind.NoCache,
                    Rule = option is null ? "definition" : option.Length == 0 ? "--no-cache" : "--no-cache-filter",
                    Subject = string.IsNullOrEmpty(option) ? null : option,
                };
            case MissWords.ResultLost or MissWords.LoadFailed:
                StepFault? fault = step.Recipe.Faults.Count > 0 ? step.Recipe.Faults[^1] : null;
                return (fault is null ? null : Evicted([fault.Result])) ?? new Cause
                {
                    Kind = CauseKind.Lost, Subject = fault?.Result, Detail = fault?.Reason ?? "its bytes turned out to be gone when they were needed",
                };
            case MissWords.LookupFailed:
                return new Cause { Kind = CauseKind.CacheUnavailable, Detail = "the index could not be asked; the log of the engine says why" };
            case MissWords.VolatileKey:
                return new Cause { Kind = CauseKind.NeverCached, Detail = "what it gives counts for one session only, such as files of the client" };
            default:
                return null;
        }
    }

    // The recipe is that of the earlier step, so that its result should have been found.
    private Cause OfSame(StepRecord step, StepRecord earlier, out List<ExplainedStep> path)
    {
        path = [];
        if (OfFailedImport(step) is { } failed)
        {
            return failed;
        }

        if (Evicted(earlier.Recipe?.Results ?? []) is { } evicted)
        {
            return evicted;
        }

        if (earlier.Outcome is StepOutcome.Failed or StepOutcome.Canceled)
        {
            return new Cause { Kind = CauseKind.NoResult, Detail = earlier.Outcome == StepOutcome.Failed ? "it failed then" : "it was cancelled then" };
        }

        if (Uncached(step, [], path) is { } below)
        {
            return below;
        }

        return OfMissingImport(step) ?? (step.Recipe?.Miss == MissWords.InputWithoutKey
            ? new Cause { Kind = CauseKind.NeverCached, Detail = "an input has no key that could be kept" }
            : new Cause { Kind = CauseKind.Unknown, Detail = "its result is not in the cache any more, and nothing is noted about why" });
    }

    private static Cause? OfFailedImport(StepRecord step) =>
        step.Recipe?.Asked.FirstOrDefault(static asked => asked.Answer == AskedCache.Failed) is { } failed
            ? new Cause { Kind = CauseKind.ImportFailed, Subject = failed.Source, Detail = failed.Reason }
            : null;

    private static Cause? OfMissingImport(StepRecord step)
    {
        IReadOnlyList<AskedCache> asked = step.Recipe?.Asked ?? [];
        return asked.Count == 0 || asked.Any(static one => one.Answer == AskedCache.Result) ? null : new Cause
        {
            Kind = CauseKind.ImportMissing,
            Subject = string.Join(", ", asked.Select(static one => one.Source)),
            Detail = asked.Any(static one => one.Answer == AskedCache.KeyOnly) ? "the step is known there, without a result" : "the step is not known there",
        };
    }

    // The nearest step below that ran because the cache was not to be used: what stands on it is not looked up.
    private Cause? Uncached(StepRecord step, HashSet<Digest> seen, List<ExplainedStep> path)
    {
        foreach (Digest digest in step.Inputs)
        {
            if (!seen.Add(digest) || !_build.Steps.TryGetValue(digest, out StepRecord? input) || input.Outcome != StepOutcome.Executed)
            {
                continue;
            }

            path.Add(ExplainedStep.Of(input));
            Cause? found = input.Recipe?.Miss == MissWords.IgnoresCache ? OfMiss(input) : Uncached(input, seen, path);
            if (found is not null)
            {
                return found;
            }

            path.RemoveAt(path.Count - 1);
        }

        return null;
    }

    private Cause? Evicted(IReadOnlyList<string> results)
    {
        foreach (string result in results)
        {
            if (RefId.TryParse(result, out RefId id) && _collector.FindEviction(id) is { } eviction)
            {
                return new Cause { Kind = CauseKind.Evicted, Subject = result, Rule = eviction.Rule, At = eviction.Removed };
            }
        }

        return null;
    }

    // The same step in earlier builds: those of the same thing first, each time the newest first.
    private IEnumerable<Match> Matches(StepRecord step)
    {
        foreach (BuildSummary summary in _older.Value)
        {
            if (Load(summary.Id) is not { } earlier || StepMatch.Find(step, earlier.Record, IsSameThing(summary.Label)) is not { } found || !found.IsNeeded)
            {
                continue;
            }

            List<ExplainedStep> path = [];
            Cause? cause = Difference(step, earlier, found, path);
            yield return new Match(found, new EarlierStep(earlier.Record.Id, earlier.Record.Created, ExplainedStep.Of(found)), cause, path);
        }
    }

    private List<BuildSummary> Older()
    {
        return
        [
            .. _history.List()
                .Where(build => build.Id != _build.Record.Id && build.Created < _build.Record.Created && build.Status is BuildStatus.Completed or BuildStatus.Failed or BuildStatus.Canceled)
                .OrderByDescending(build => IsSameThing(build.Label))
                .ThenByDescending(static build => build.Created)
                .Take(MostBuilds),
        ];
    }

    private bool IsSameThing(BuildLabel label) => label.Context == _build.Record.Label.Context && label.File == _build.Record.Label.File;

    private RecordedBuild? Load(BuildId id)
    {
        if (!_loaded.TryGetValue(id, out RecordedBuild? build))
        {
            build = _history.TryLoad(id) is { } record ? new RecordedBuild(_history, record) : null;
            _loaded.Add(id, build);
        }

        return build;
    }

    private sealed record Match(StepRecord Step, EarlierStep Earlier, Cause? Cause, List<ExplainedStep> Path);
}
