using System.Globalization;
using System.Text;
using Cairn.Cli.Errors;
using Cairn.Llb;
using Cairn.Solver.History;

namespace Cairn.Cli.History;

/// <summary>Records of builds in words.</summary>
internal static class HistoryText
{
    private const int NameWidth = 40;

    /// <summary>The table of `cairn history ls`.</summary>
    public static string List(IReadOnlyList<BuildSummary> builds, DateTimeOffset now)
    {
        List<string[]> rows = [["BUILD ID", "NAME", "STATUS", "CREATED AT", "DURATION", "CACHED STEPS"]];
        foreach (BuildSummary build in builds)
        {
            rows.Add(
            [
                build.Id.ToString(), Shortened(build.Label.Name), build.Status.ToString(), Ago(build.Created, now),
                build.Duration(now) is { } time ? Time(time.TotalMilliseconds) : "", Cached(build),
            ]);
        }

        return Columns(rows);
    }

    /// <summary>All that is known of a build.</summary>
    public static string Inspect(BuildSummary build, BuildRecord? record, SourceLocation? source, DateTimeOffset now)
    {
        StringBuilder text = new();
        Field("Name", build.Label.Name);
        Field("Build", build.Id.ToString());
        Field("Context", build.Label.Context);
        Field("Dockerfile", build.Label.File);
        Field("Target", build.Label.Target);
        Field("Status", build.Status.ToString());
        Field("Started", build.Created.UtcDateTime.ToString("u", CultureInfo.InvariantCulture));
        Field("Duration", build.Duration(now) is { } time ? Time(time.TotalMilliseconds) : "unknown");
        if (build.Status == BuildStatus.Interrupted)
        {
            text.Append("\nIts process ended without telling; `cairn history logs` has what its steps printed until then.\n");
        }

        if (record is null)
        {
            text.Append(build.Status == BuildStatus.Interrupted ? "" : "\nThere is no more of it yet.\n");
            return text.ToString();
        }

        Field("Cached steps", Cached(build));
        Section("Options", record.Options.Select(static option => $"{option.Key} = {option.Value}"));
        Section("Result", record.Response.Select(static entry => $"{entry.Key} = {entry.Value}"));
        Section("Warnings", record.Warnings);
        text.Append("\nSteps:\n");
        List<string[]> rows = [["STEP", "OUTCOME", "TIME", "CACHE"]];
        foreach (StepRecord step in record.Steps)
        {
            rows.Add([step.Name.Split('\n')[0], Outcome(step.Outcome), step.Elapsed > 0 ? Time(step.Elapsed) : "", Cache(step)]);
        }

        text.Append(Columns(rows));
        if (record.Error is { } error)
        {
            text.Append("\nError: ").Append(error.Message).Append('\n');
            if (error.Command is not null)
            {
                text.Append(CultureInfo.InvariantCulture, $"Command: {error.Command}\nExit code: {error.ExitCode}\n");
            }

            if (source is not null)
            {
                text.Append(SourceExcerpt.Render(source));
            }

            if (error.Remedy is not null)
            {
                text.Append(error.Remedy).Append('\n');
            }
        }

        return text.ToString();

        void Field(string name, string value)
        {
            if (value.Length > 0)
            {
                text.Append($"{name}:".PadRight(16)).Append(value).Append('\n');
            }
        }

        void Section(string name, IEnumerable<string> lines)
        {
            bool headed = false;
            foreach (string line in lines)
            {
                text.Append(headed ? "" : $"\n{name}:\n").Append("  ").Append(line).Append('\n');
                headed = true;
            }
        }
    }

    /// <summary>How the cache took part in a step, in a few words.</summary>
    public static string Cache(StepRecord step) => step switch
    {
        { Outcome: StepOutcome.Cached, Recipe.Hit: "content" } => "found by content",
        { Outcome: StepOutcome.Cached, Recipe: { Hit: null, Inputs.Count: > 0 } } => "found by content",
        { Outcome: StepOutcome.Cached, Recipe.Hit: not null } => "found by definition",
        { Outcome: StepOutcome.Cached } => "not looked at",
        { Recipe.Miss: MissWords.IgnoresCache } => "not to be used",
        { Recipe.Miss: MissWords.ResultLost } => "result lost",
        { Recipe.Miss: MissWords.LoadFailed } => "result could not be loaded",
        { Recipe.Miss: MissWords.LookupFailed } => "could not be asked",
        { Kind: "source", Recipe.Miss: MissWords.VolatileKey } => "taken from the client",
        { Recipe.Miss: MissWords.VolatileKey or MissWords.InputWithoutKey } => "never cached",
        { Recipe.Miss: MissWords.NoRecord } => "miss",
        _ => "",
    };

    /// <summary>Milliseconds in a form that fits their size: "12ms", "3.4s", "2m5s", "1h10m".</summary>
    public static string Time(double milliseconds)
    {
        TimeSpan time = TimeSpan.FromMilliseconds(milliseconds);
        return FormattableString.Invariant(time switch
        {
            { TotalSeconds: < 1 } => (FormattableString)$"{milliseconds:0}ms",
            { TotalMinutes: < 1 } => $"{time.TotalSeconds:0.0}s",
            { TotalHours: < 1 } => $"{(int)time.TotalMinutes}m{time.Seconds}s",
            _ => $"{(int)time.TotalHours}h{time.Minutes}m",
        });
    }

    /// <summary>"3 minutes ago".</summary>
    public static string Ago(DateTimeOffset then, DateTimeOffset now)
    {
        TimeSpan span = now > then ? now - then : TimeSpan.Zero;
        (long count, string unit) = span switch
        {
            { TotalMinutes: < 1 } => ((long)span.TotalSeconds, "second"),
            { TotalHours: < 1 } => ((long)span.TotalMinutes, "minute"),
            { TotalDays: < 1 } => ((long)span.TotalHours, "hour"),
            _ => ((long)span.TotalDays, "day"),
        };
        return string.Create(CultureInfo.InvariantCulture, $"{count} {unit}{(count == 1 ? "" : "s")} ago");
    }

    /// <summary>Rows with columns as wide as their widest cell and three blanks between.</summary>
    public static string Columns(IReadOnlyList<string[]> rows)
    {
        int[] widths = [.. Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length))];
        StringBuilder text = new();
        foreach (string[] row in rows)
        {
            StringBuilder line = new();
            for (int i = 0; i < row.Length; i++)
            {
                line.Append(row[i].PadRight(widths[i] + 3));
            }

            text.Append(line.ToString().TrimEnd()).Append('\n');
        }

        return text.ToString();
    }

    private static string Outcome(StepOutcome outcome) => outcome == StepOutcome.NotNeeded ? "not needed" : outcome.ToString().ToLowerInvariant();

    private static string Cached(BuildSummary build) => build.Steps == 0
        ? ""
        : string.Create(CultureInfo.InvariantCulture, $"{build.CachedSteps}/{build.Steps} ({100 * build.CachedSteps / build.Steps}%)");

    private static string Shortened(string name) => name.Length <= NameWidth ? name : string.Concat(name.AsSpan(0, NameWidth - 1), "…");
}
