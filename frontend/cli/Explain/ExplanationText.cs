using System.Globalization;
using System.Text;
using Cairn.Cli.History;
using Cairn.Cli.Settings;
using Cairn.Solver.Explain;
using Cairn.Solver.History;

namespace Cairn.Cli.Explain;

/// <summary>Explanations in words.</summary>
internal static class ExplanationText
{
    private const int MostFiles = 10;
    private const int MostText = 400;

    /// <summary>The step, why it ran, and how one gets from one to the other.</summary>
    public static string Render(Explanation explanation, DateTimeOffset created)
    {
        StringBuilder text = new();
        text.Append(explanation.Step.Name);
        if (explanation.Step.Source is { } source)
        {
            text.Append(CultureInfo.InvariantCulture, $"  ({source.File}:{source.First})");
        }

        text.Append('\n');
        if (explanation.Cause is not { } cause)
        {
            return text.Append(explanation.Outcome == StepOutcome.NotNeeded
                ? "  was not needed.\n"
                : explanation.Hit is null ? "  came from the cache, with what is built on it.\n" : $"  came from the cache, found by {explanation.Hit}.\n").ToString();
        }

        text.Append("  ").Append(Sentence(cause)).Append('\n');
        foreach (FileChange change in (cause.Files ?? []).Take(MostFiles))
        {
            text.Append("    ").Append(Line(change)).Append('\n');
        }

        if (cause.FileCount > MostFiles)
        {
            text.Append(CultureInfo.InvariantCulture, $"    and {cause.FileCount - MostFiles} more\n");
        }

        if (explanation.Path.Count > 1)
        {
            text.Append("  It stands on ").Append(string.Join(", which stands on ", explanation.Path.Skip(1).Select(static step => step.Name))).Append(".\n");
        }

        if (explanation.Earlier is { } earlier)
        {
            text.Append($"  Compared with build {earlier.Build}, {HistoryText.Ago(earlier.Created, created).Replace("ago", "earlier", StringComparison.Ordinal)}.\n");
        }

        return text.ToString();
    }

    /// <summary>One sentence.</summary>
    public static string Sentence(Cause cause) => cause.Kind switch
    {
        CauseKind.NoEarlierStep => "No earlier build has such a step.",
        CauseKind.Files when cause.FileCount is > 0 and { } count => count == 1 ? "A file that it takes differs:" : $"{count} files that it takes differ:",
        CauseKind.Files => $"Files that it takes differ; {cause.Detail}.",
        CauseKind.BuildArgument => $"The build argument {cause.Subject} {Change(cause)}.",
        CauseKind.Environment => $"The environment variable {cause.Subject} {Change(cause)}.",
        CauseKind.Instruction => $"The instruction says something else ({cause.Field}{(cause.Subject is null ? "" : " " + cause.Subject)}): it {Change(cause)}.",
        CauseKind.Platform => $"It is made for another platform: it {Change(cause)}.",
        CauseKind.Image => $"The image {cause.Subject} moved: it {Change(cause)}.",
        CauseKind.Git => $"The repository {cause.Subject} moved: the commit {Change(cause)}.",
        CauseKind.Http => $"{cause.Subject} gives another file: the digest {Change(cause)}.",
        CauseKind.StepInserted => $"A step was put in before it: {cause.New}.",
        CauseKind.StepRemoved => $"A step before it was taken out: {cause.Old}.",
        CauseKind.InputReplaced => $"It stands on another step: that {Change(cause)}.",
        CauseKind.Evicted => $"Its result was removed from the cache ({cause.Rule}) at {cause.At?.UtcDateTime.ToString("u", CultureInfo.InvariantCulture)}.",
        CauseKind.NoCache => cause.Rule == "definition"
            ? "The definition says that the cache is not to be used for it."
            : $"The build was run with {cause.Rule}{(cause.Subject is null ? "" : " " + cause.Subject)}.",
        CauseKind.Lost => $"Its cached result could not be used: {cause.Detail}.",
        CauseKind.CacheUnavailable => $"The cache could not be asked: {cause.Detail}.",
        CauseKind.ImportFailed => $"The imported cache {cause.Subject} could not be asked: {cause.Detail}.",
        CauseKind.ImportMissing => $"The imported caches do not have it: {cause.Detail} ({cause.Subject}).",
        CauseKind.NoResult => $"The earlier step left no result: {cause.Detail}.",
        CauseKind.NeverCached => $"It is never cached: {cause.Detail}.",
        _ => $"Why is not known: {cause.Detail}.",
    };

    private static string Change(Cause cause) => (cause.Old, cause.New) switch
    {
        (null, { } now) => $"was not there, and is {Quote(now)}",
        ({ } old, null) => $"was {Quote(old)}, and is gone",
        ({ } old, { } now) => $"was {Quote(old)}, and is {Quote(now)}",
        _ => "differs",
    };

    private static string Quote(string text) => $"\"{(text.Length <= MostText ? text : string.Concat(text.AsSpan(0, MostText), "…")).Replace("\n", "\\n", StringComparison.Ordinal)}\"";

    private static string Line(FileChange change) => change switch
    {
        { Old: null, New: { } now } => $"{change.Path} added ({Describe(now)})",
        { New: null, Old: { } old } => $"{change.Path} removed ({Describe(old)})",
        _ => $"{change.Path} {string.Join(", ", change.Changes)}: {Describe(change.Old!)} -> {Describe(change.New!)}",
    };

    private static string Describe(FileState file) => string.Create(
        CultureInfo.InvariantCulture,
        $"{(file.Type == "regular" ? ByteSize.Format(file.Size) : file.Link is { } link ? $"link to {link}" : file.Type)} {file.Mode} {file.Uid}:{file.Gid} {file.Hash[..12]}");
}
