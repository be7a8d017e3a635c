using System.Globalization;
using System.Net;
using System.Text;
using Cairn.Cli.History;
using Cairn.Llb;
using Cairn.Solver.History;

namespace Cairn.Cli.Timings;

/// <summary>
/// A page that shows where the time of a build went: a waterfall with the critical path marked, why each step ran, and the graph of the steps.
/// It stands on its own: no script, no network, colours of the reader's choice, everything that colour says also said in words.
/// </summary>
internal static class TimingsPage
{
    private const string Style = """
        :root{color-scheme:light dark;--ink:#1b1f24;--soft:#57606a;--line:#d0d7de;--ground:#fff;--run:#0969da;--hit:#1a7f37;--bad:#cf222e;--path:#bc4c00}
        @media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9198a1;--line:#3d444d;--ground:#0d1117;--run:#4493f8;--hit:#3fb950;--bad:#f85149;--path:#f0883e}}
        body{font:15px/1.45 system-ui,sans-serif;color:var(--ink);background:var(--ground);margin:1.5rem;max-width:90rem}
        h1{font-size:1.4rem;margin:0}h2{font-size:1.1rem;margin:1.6rem 0 .4rem}p{margin:.3rem 0;color:var(--soft)}
        table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.2rem .5rem;border-bottom:1px solid var(--line);vertical-align:top}
        th{color:var(--soft);font-weight:600}td.time{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
        td.name{max-width:32rem;overflow-wrap:anywhere;font-family:ui-monospace,monospace;font-size:.85rem}td.lane{width:40%;min-width:12rem}
        .track{position:relative;height:1.1rem}.bar{position:absolute;top:.15rem;height:.8rem;min-width:2px;border-radius:2px;background:var(--run)}
        .cached .bar{background:var(--hit)}.failed .bar{background:var(--bad)}.critical .bar{outline:2px solid var(--path);outline-offset:1px}
        .critical td.name::before{content:"\25C6 ";color:var(--path)}.wait{position:absolute;top:.45rem;height:.2rem;background:var(--line)}
        .scroll{overflow-x:auto}svg text{font:11px ui-monospace,monospace;fill:var(--ink)}svg rect{fill:var(--ground);stroke:var(--run)}
        svg .cached{stroke:var(--hit)}svg .failed{stroke:var(--bad)}svg .critical{stroke:var(--path);stroke-width:2.5}svg .unused{stroke:var(--line)}
        svg path{fill:none;stroke:var(--soft)}
        """;

    /// <summary>The page, UTF-8.</summary>
    public static byte[] Render(BuildRecord record)
    {
        IReadOnlySet<Digest> critical = CriticalPath.Of(record);
        double end = Math.Max(1, record.Steps.SelectMany(static step => step.Spans).Select(static span => span.End).DefaultIfEmpty(1).Max());
        StringBuilder html = new();
        html.Append("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">");
        html.Append("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">");
        html.Append("<title>").Append(Text(Title(record))).Append("</title><style>").Append(Style).Append("</style></head><body>\n");
        html.Append("<h1>").Append(Text(Title(record))).Append("</h1>\n<p>").Append(Text(Subtitle(record))).Append("</p>\n");
        if (record.Error is { } error)
        {
            html.Append("<p role=\"alert\">").Append(Text(error.Message)).Append("</p>\n");
        }

        AppendWaterfall(html, record, critical, end);
        html.Append("<h2 id=\"graph\">Graph</h2>\n");
        html.Append(StepGraph.Svg([.. record.NeededSteps.Where(static step => step.Kind.Length > 0)], critical));
        html.Append("</body></html>\n");
        return Encoding.UTF8.GetBytes(html.ToString());
    }

    /// <summary>A word for what became of a step; also the class of its row.</summary>
    internal static string Class(StepRecord step, IReadOnlySet<Digest> critical)
    {
        string outcome = step.Outcome switch
        {
            StepOutcome.Cached => "cached",
            StepOutcome.Failed or StepOutcome.Canceled => "failed",
            StepOutcome.NotNeeded => "unused",
            _ => "executed",
        };
        return critical.Contains(step.Digest) ? outcome + " critical" : outcome;
    }

    internal static string Text(string text) => WebUtility.HtmlEncode(text);

    private static string Title(BuildRecord record) =>
        $"{(record.Label.Name.Length > 0 ? record.Label.Name : record.Id.ToString())}: {record.Status.ToString().ToLowerInvariant()}";

    private static string Subtitle(BuildRecord record)
    {
        int steps = record.NeededSteps.Count(static step => step.Kind.Length > 0);
        int cached = record.NeededSteps.Count(static step => step is { Kind.Length: > 0, Outcome: StepOutcome.Cached });
        string time = record.Completed is { } end ? HistoryText.Time((end - record.Created).TotalMilliseconds) : "unknown time";
        return string.Create(
            CultureInfo.InvariantCulture, $"Build {record.Id}, {record.Created.UtcDateTime:u}, {time}, {cached} of {steps} steps from the cache.");
    }

    private static void AppendWaterfall(StringBuilder html, BuildRecord record, IReadOnlySet<Digest> critical, double end)
    {
        html.Append("<h2 id=\"waterfall\">Waterfall</h2>\n<p>Steps on the critical path are marked with \u25C6; a thin line is time spent waiting for a turn. ");
        html.Append(CultureInfo.InvariantCulture, $"The scale ends at {HistoryText.Time(end)}.</p>\n");
        html.Append("<div class=\"scroll\"><table><thead><tr><th scope=\"col\">Step</th><th scope=\"col\">Outcome</th><th scope=\"col\">Cache</th>");
        html.Append("<th scope=\"col\">Time</th><th scope=\"col\">When</th></tr></thead><tbody>\n");
        foreach (StepRecord step in record.NeededSteps)
        {
            html.Append("<tr class=\"").Append(Class(step, critical)).Append("\"><td class=\"name\">").Append(Text(step.Name)).Append("</td><td>");
            html.Append(step.Outcome.ToString().ToLowerInvariant()).Append(critical.Contains(step.Digest) ? ", critical path" : "").Append("</td><td>");
            html.Append(Text(HistoryText.Cache(step))).Append("</td><td class=\"time\">");
            html.Append(step.Elapsed > 0 ? HistoryText.Time(step.Elapsed) : "").Append("</td><td class=\"lane\"><div class=\"track\">");
            if (step.Queued is { } queued && step.Spans.Count > 0 && step.Spans[0].Start > queued)
            {
                AppendBar(html, "wait", new WorkSpan(queued, step.Spans[0].Start), end);
            }

            foreach (WorkSpan span in step.Spans)
            {
                AppendBar(html, "bar", span, end);
            }

            html.Append("</div></td></tr>\n");
        }

        html.Append("</tbody></table></div>\n");
    }

    private static void AppendBar(StringBuilder html, string kind, WorkSpan span, double end) => html.Append(
        CultureInfo.InvariantCulture,
        $"<span class=\"{kind}\" style=\"left:{100 * span.Start / end:0.###}%;width:{100 * (span.End - span.Start) / end:0.###}%\"></span>");
}
