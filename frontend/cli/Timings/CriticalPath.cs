using Cairn.Llb;
using Cairn.Solver.History;

namespace Cairn.Cli.Timings;

/// <summary>The chain of steps that decided how long a build took: had one of them been quicker, the build might have been, too.</summary>
internal static class CriticalPath
{
    /// <summary>From the last step that ended back to the input that it waited for longest, and so on.</summary>
    public static IReadOnlySet<Digest> Of(BuildRecord record)
    {
        Dictionary<Digest, StepRecord> steps = [];
        foreach (StepRecord step in record.Steps)
        {
            steps.TryAdd(step.Digest, step);
        }

        HashSet<Digest> path = [];
        StepRecord? at = record.Steps.Where(static step => step.Spans.Count > 0).MaxBy(static step => step.Spans[^1].End);
        while (at is not null && path.Add(at.Digest))
        {
            double start = at.Spans[0].Start;
            at = Below(at, steps).Where(step => step.Spans[^1].End <= start + 1 && !path.Contains(step.Digest)).MaxBy(static step => step.Spans[^1].End)
                ?? (at.Inputs.Count > 0 ? null : Before(record, start, path));
        }

        return path;
    }

    // Work that is no vertex (an export, the resolving of an image) names no inputs: it began when something else had ended.
    private static StepRecord? Before(BuildRecord record, double start, HashSet<Digest> path) => record.Steps
        .Where(step => step.Spans.Count > 0 && step.Spans[^1].End <= start + 1 && !path.Contains(step.Digest))
        .MaxBy(static step => step.Spans[^1].End);

    // The nearest steps below that took time; those without are passed through.
    private static IEnumerable<StepRecord> Below(StepRecord step, Dictionary<Digest, StepRecord> steps)
    {
        var todo = new Stack<Digest>(step.Inputs);
        HashSet<Digest> seen = [];
        while (todo.TryPop(out Digest digest))
        {
            if (!seen.Add(digest) || !steps.TryGetValue(digest, out StepRecord? input))
            {
                continue;
            }

            if (input.Spans.Count > 0)
            {
                yield return input;
                continue;
            }

            foreach (Digest below in input.Inputs)
            {
                todo.Push(below);
            }
        }
    }
}
