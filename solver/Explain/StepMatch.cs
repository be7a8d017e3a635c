using Cairn.Solver.History;

namespace Cairn.Solver.Explain;

/// <summary>Finds the step of another build that a step corresponds to.</summary>
internal static class StepMatch
{
    /// <summary>Below this, two steps have nothing to do with each other.</summary>
    private const double Least = 5;

    private const double LeastElsewhere = 5.9;

    /// <summary>The most similar step of a build; null if none is similar enough.</summary>
    /// <param name="step">The step.</param>
    /// <param name="earlier">The other build.</param>
    /// <param name="isSameThing">It is an earlier run of the same thing; of another one only an equal instruction counts.</param>
    public static StepRecord? Find(StepRecord step, BuildRecord earlier, bool isSameThing)
    {
        StepName name = StepName.Parse(step.Name);
        StepRecord? best = null;
        double bestScore = isSameThing ? Least : LeastElsewhere;
        foreach (StepRecord candidate in earlier.Steps)
        {
            if (candidate.Kind == step.Kind && candidate.Kind.Length > 0 && Score(step, name, candidate, isSameThing) is var score && score > bestScore)
            {
                (best, bestScore) = (candidate, score);
            }
        }

        return best;
    }

    private static double Score(StepRecord step, StepName name, StepRecord candidate, bool isSameThing)
    {
        StepName other = StepName.Parse(candidate.Name);
        if (!isSameThing && name.Text != other.Text)
        {
            return 0;
        }

        bool isSameStage = name.Stage == other.Stage;
        double score = name.Text == other.Text ? isSameStage ? 9 : 6 : 4.5 * Similarity(name.Text, other.Text);
        score += isSameStage && name.Index == other.Index ? 3 : 0;
        score += step.Source is { } source && candidate.Source is { } lines && source.First == lines.First && source.File == lines.File ? 2.5 : 0;
        return score;
    }

    // Words that two texts share, of those that either has.
    private static double Similarity(string left, string right)
    {
        string[] a = left.Split(' ', StringSplitOptions.RemoveEmptyEntries), b = right.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        int shared = a.Intersect(b, StringComparer.Ordinal).Count();
        int all = a.Union(b, StringComparer.Ordinal).Count();
        return all == 0 ? 0 : (double)shared / all;
    }
}
