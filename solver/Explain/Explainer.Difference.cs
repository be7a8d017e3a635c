using System.Text;
using Cairn.Llb;
using Cairn.Llb.Graphs;
using Cairn.Solver.History;

namespace Cairn.Solver.Explain;

/// <content>Two steps side by side, down to where they begin to differ.</content>
internal sealed partial class Explainer
{
    private const string BuildArgumentPrefix = "build-arg:";
    private const int MostSteps = 200;   // inserted or removed one after another

    /// <summary>The first difference between a step and an earlier one; null if they have the same recipe.</summary>
    /// <param name="step">Of this build.</param>
    /// <param name="earlier">The other build.</param>
    /// <param name="before">Its step.</param>
    /// <param name="path">Receives the steps below that lead to the difference.</param>
    private Cause? Difference(StepRecord step, RecordedBuild earlier, StepRecord before, List<ExplainedStep> path)
    {
        if (_build.Find(step.Digest) is not { } vertex || earlier.Find(before.Digest) is not { } old
            || _same.Contains((step.Digest, earlier.Record.Id, before.Digest)))
        {
            return null;
        }

        Cause? cause = OpDifference.Find(old, vertex) is { } own
            ? Attribute(own, vertex, old, earlier)
            : OfPin(step, before, vertex);
        int length = path.Count;
        for (int i = 0; cause is null && i < vertex.Inputs.Count && i < old.Inputs.Count; i++)
        {
            path.RemoveRange(length, path.Count - length);
            cause = OfInput(step, earlier, before, i, path);
        }

        if (cause is null)
        {
            path.RemoveRange(length, path.Count - length);
            _same.Add((step.Digest, earlier.Record.Id, before.Digest));
        }

        return cause;
    }

    private Cause? OfInput(StepRecord step, RecordedBuild earlier, StepRecord before, int input, List<ExplainedStep> path)
    {
        if (!_build.Steps.TryGetValue(step.Inputs[input], out StepRecord? below) || !earlier.Steps.TryGetValue(before.Inputs[input], out StepRecord? old))
        {
            return null;
        }

        Digest? content = ContentOf(step, input), oldContent = ContentOf(before, input);
        if (content is null || oldContent is null)
        {
            path.Add(ExplainedStep.Of(below));
            return Below(below, earlier, old, path);
        }

        if (content == oldContent)
        {
            return null;
        }

        // Another content of equal steps: one of them gave something else than the last time.
        if (!IsClientDirectory(below))
        {
            int length = path.Count;
            path.Add(ExplainedStep.Of(below));
            if ((Below(below, earlier, old, path) ?? (below.Outcome == StepOutcome.Executed ? Again(below, old, path) : null)) is { } cause)
            {
                return cause;
            }

            path.RemoveRange(length, path.Count - length);
        }

        return OfFiles(oldContent.Value, content.Value);
    }

    // Steps that correspond by their place; one may have been put in or taken out between.
    private Cause? Below(StepRecord step, RecordedBuild earlier, StepRecord before, List<ExplainedStep> path)
    {
        if (_build.Find(step.Digest) is { } vertex && earlier.Find(before.Digest) is { } old && !OpDifference.IsSame(old, vertex))
        {
            if (Chain(vertex).Skip(1).FirstOrDefault(candidate => OpDifference.IsSame(old, candidate)) is { } same && _build.Steps.TryGetValue(same.Digest, out StepRecord? common))
            {
                // What stands on the step that both have was put in.
                Vertex inserted = Chain(vertex).TakeWhile(candidate => candidate.Digest != same.Digest).Last();
                List<ExplainedStep> deeper = [.. path];
                if (Difference(common, earlier, before, deeper) is { } root)
                {
                    path.Clear();
                    path.AddRange(deeper);
                    return root;
                }

                if (inserted.Digest != vertex.Digest && _build.Steps.TryGetValue(inserted.Digest, out StepRecord? lowest))
                {
                    path.Add(ExplainedStep.Of(lowest));
                }

                return new Cause { Kind = CauseKind.StepInserted, New = inserted.Name };
            }

            if (Chain(old).Skip(1).FirstOrDefault(candidate => OpDifference.IsSame(candidate, vertex)) is { } left)
            {
                Vertex removed = Chain(old).TakeWhile(candidate => candidate.Digest != left.Digest).Last();
                return earlier.Steps.TryGetValue(left.Digest, out StepRecord? rest) && Difference(step, earlier, rest, path) is { } root
                    ? root
                    : new Cause { Kind = CauseKind.StepRemoved, Old = removed.Name };
            }
        }

        return Difference(step, earlier, before, path);
    }

    // The step ran again with the same recipe: why, is the root.
    private Cause? Again(StepRecord step, StepRecord before, List<ExplainedStep> path)
    {
        if (OfMiss(step) is { } own)
        {
            return own.Kind == CauseKind.NeverCached ? null : own;
        }

        Cause cause = OfSame(step, before, out List<ExplainedStep> below);
        if (cause.Kind is CauseKind.Unknown or CauseKind.NeverCached)
        {
            return null;
        }

        path.AddRange(below);
        return cause;
    }

    private static IEnumerable<Vertex> Chain(Vertex vertex)
    {
        for (int i = 0; i < MostSteps; i++)
        {
            yield return vertex;
            if (vertex.Inputs.Count == 0)
            {
                yield break;
            }

            vertex = vertex.Inputs[0].Vertex;
        }
    }

    private static Digest? ContentOf(StepRecord step, int input) => step.Recipe is { } recipe && input < recipe.Inputs.Count ? recipe.Inputs[input].Content : null;

    private bool IsClientDirectory(StepRecord step) => _build.Find(step.Digest)?.Op.Source?.Identifier.StartsWith("local://", StringComparison.Ordinal) == true;

    private Cause OfFiles(Digest before, Digest after)
    {
        if (_history.FilesOf(before) is not { } old || _history.FilesOf(after) is not { } now)
        {
            return new Cause { Kind = CauseKind.Files, Old = before.ToString(), New = after.ToString(), Detail = "which files were there then is not kept any more" };
        }

        List<FileChange> changes = FileDifference.Find(old, now);
        return new Cause
        {
            Kind = CauseKind.Files,
            Files = changes.Count <= Cause.MostFiles ? changes : changes[..Cause.MostFiles],
            FileCount = changes.Count,
            Detail = changes.Count == 0 ? "the same files are selected under other names" : null,
        };
    }

    // What a source was resolved to.
    private static Cause? OfPin(StepRecord step, StepRecord before, Vertex vertex)
    {
        if (vertex.Op.Source is not { } source || step.Recipe?.Pin is not { } pin || before.Recipe?.Pin is not { } old || pin == old)
        {
            return null;
        }

        int scheme = source.Identifier.IndexOf("://", StringComparison.Ordinal);
        (CauseKind kind, string subject) = source.Identifier[..Math.Max(0, scheme)] switch
        {
            "git" => (CauseKind.Git, source.Identifier[(scheme + 3)..]),
            "http" or "https" => (CauseKind.Http, source.Identifier),
            _ => (CauseKind.Image, source.Identifier[(scheme + 3)..]),
        };
        return new Cause { Kind = kind, Subject = subject, Old = old, New = pin };
    }

    // A text that differs because a build argument does is the argument's doing, if the instruction itself is as it was.
    private Cause Attribute(Cause cause, Vertex vertex, Vertex before, RecordedBuild earlier)
    {
        if (cause.Kind == CauseKind.Environment)
        {
            return Argument(_build, cause.Subject!) != Argument(earlier, cause.Subject!) ? cause with { Kind = CauseKind.BuildArgument } : cause;
        }

        if (cause.Kind is not (CauseKind.Instruction or CauseKind.Image) || SourceText(vertex) is not { } text || text != SourceText(before))
        {
            return cause;
        }

        IEnumerable<string> names = _build.Record.Options.Keys.Union(earlier.Record.Options.Keys, StringComparer.Ordinal)
            .Where(static name => name.StartsWith(BuildArgumentPrefix, StringComparison.Ordinal))
            .Select(static name => name[BuildArgumentPrefix.Length..]).Order(StringComparer.Ordinal);
        foreach (string name in names)
        {
            string? now = Argument(_build, name), old = Argument(earlier, name);
            if (now != old && Holds(vertex, cause.New, now) && Holds(before, cause.Old, old))
            {
                return new Cause { Kind = CauseKind.BuildArgument, Subject = name, Old = old, New = now };
            }
        }

        return cause;

        static bool Holds(Vertex vertex, string? text, string? value) =>
            value is null || text?.Contains(value, StringComparison.Ordinal) == true || vertex.Op.Source?.Identifier.Contains(value, StringComparison.Ordinal) == true;
    }

    private static string? Argument(RecordedBuild build, string name) => build.Record.Options.GetValueOrDefault(BuildArgumentPrefix + name);

    private static string? SourceText(Vertex vertex)
    {
        SourceLines? lines = StepNotes.LinesOf(vertex.Sources);
        return lines is null
            ? null
            : string.Join('\n', Encoding.UTF8.GetString(vertex.Sources[0].Content.Span).Split('\n').Skip(lines.First - 1).Take(lines.Last - lines.First + 1));
    }
}
