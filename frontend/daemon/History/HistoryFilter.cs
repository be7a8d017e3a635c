using System.Globalization;
using Cairn.Daemon.Configuration;
using Cairn.Daemon.Control;
using Cairn.Llb;
using Cairn.Protos.Control;
using Cairn.Rpc.Calls;

namespace Cairn.Daemon.History;

/// <summary>Which builds a client wants to see: one of the filters must match, with all its conditions.</summary>
/// <remarks>Source: control-and-status.md, section 20.</remarks>
internal sealed class HistoryFilter
{
    private static readonly string[] Comparisons = [">=", "<=", ">", "<"];

    private readonly List<List<Func<BuildHistoryRecord, bool>>> _alternatives = [];

    private HistoryFilter()
    {
    }

    /// <summary>Reads filters; none matches everything.</summary>
    /// <exception cref="BuildException">Input: a filter cannot be read.</exception>
    public static HistoryFilter Parse(IReadOnlyCollection<string> filters, DateTimeOffset now)
    {
        var result = new HistoryFilter();
        foreach (string filter in filters.Where(static filter => filter.Length > 0))
        {
            result._alternatives.Add([.. FieldFilter.Split(filter).Select(part => Condition(part.Trim(), now)
                ?? throw new BuildException(ErrorKind.Input, "parse history filters", filter, $"\"{part}\" is no condition"))]);
        }

        return result;
    }

    /// <summary>Whether a build is wanted.</summary>
    public bool Matches(BuildHistoryRecord record) =>
        _alternatives.Count == 0 || _alternatives.Exists(conditions => conditions.TrueForAll(condition => condition(record)));

    private static Func<BuildHistoryRecord, bool>? Condition(string text, DateTimeOffset now)
    {
        foreach (string field in (string[])["startedAt", "completedAt", "duration"])
        {
            if (text.StartsWith(field, StringComparison.Ordinal)
                && Comparisons.FirstOrDefault(c => text[field.Length..].StartsWith(c, StringComparison.Ordinal)) is { } comparison)
            {
                return Compare(field, comparison, text[(field.Length + comparison.Length)..], now);
            }
        }

        return FieldFilter.TryParse(text) is { } filter && filter.Field is "ref" or "status" or "repository"
            ? record => filter.Holds(ValueOf(filter.Field, record))
            : null;
    }

    private static Func<BuildHistoryRecord, bool>? Compare(string field, string comparison, string text, DateTimeOffset now)
    {
        TimeSpan? span = DurationText.TryParse(text);
        if (field == "duration")
        {
            return span is not { } length ? null : record => record.CompletedAt is not null
                && Holds((record.CompletedAt.ToDateTimeOffset() - record.CreatedAt.ToDateTimeOffset()).CompareTo(length), comparison);
        }

        DateTimeOffset time;
        if (span is { } back)
        {
            time = now - back;
        }
        else if (!DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out time))
        {
            return null;
        }

        long seconds = time.ToUnixTimeSeconds();
        return record => (field == "startedAt" ? record.CreatedAt : record.CompletedAt) is { } stamp
            && Holds(stamp.Seconds.CompareTo(seconds), comparison);
    }

    private static bool Holds(int order, string comparison) => comparison switch
    {
        ">=" => order >= 0,
        "<=" => order <= 0,
        ">" => order > 0,
        _ => order < 0,
    };

    private static string? ValueOf(string field, BuildHistoryRecord record) => field switch
    {
        "ref" => record.Ref,
        "status" => StatusOf(record),
        _ => RepositoryOf(record),
    };

    private static string StatusOf(BuildHistoryRecord record) => record switch
    {
        { CompletedAt: null } => "running",
        { Error: null } => "completed",
        { Error.Code: (int)StatusCode.Cancelled } => "canceled",
        _ => record.Error.Message.Contains("context canceled", StringComparison.Ordinal) ? "canceled" : "error",
    };

    private static string? RepositoryOf(BuildHistoryRecord record)
    {
        if (record.FrontendAttrs.TryGetValue("vcs:source", out string? source))
        {
            return source;
        }

        return record.FrontendAttrs.TryGetValue("context", out string? context)
            && (context.StartsWith("git@", StringComparison.Ordinal) || context.Contains(".git", StringComparison.Ordinal) || context.StartsWith("git://", StringComparison.Ordinal))
            ? context.Split('#')[0]
            : null;
    }
}
