using System.Text.Json;
using Xunit;

namespace Cairn.Integration.Tests;

/// <summary>The page of timings, looked at in a browser without a network, and the expectation that steps come from the cache.</summary>
public sealed class TimingsTests : IDisposable
{
    private readonly Workspace _workspace = new();

    public void Dispose() => _workspace.Dispose();

    [Fact]
    public async Task The_page_shows_steps_bars_critical_path_and_graph_in_a_browser()
    {
        string context = _workspace.Context("ctx", Shell.Stage + "FROM tools AS left\nRUN sleep 0.3 && echo '<left>' > /l\nFROM tools AS right\nRUN echo right > /r\nFROM tools\nCOPY --from=left /l /\nCOPY --from=right /r /\nRUN exit 4\n");
        string page = _workspace.In("timings.html");
        (await _workspace.BuildAsync(context, "--timings", page)).FailedWith(1);
        string html = await File.ReadAllTextAsync(page, TestContext.Current.CancellationToken);
        Assert.InRange(html.Length, 1, 64 << 10);
        Assert.DoesNotContain("http", html.Replace("http-equiv", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.DoesNotContain("<script", html, StringComparison.Ordinal);

        // What the browser made of it: an inline script of the test measures the page as it is laid out.
        string probe = _workspace.Write("probe.html", html
            .Replace("default-src 'none'; style-src 'unsafe-inline'", "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'", StringComparison.Ordinal)
            .Replace("</body>", """
                <script>
                const seen = {
                  title: document.title,
                  rows: [...document.querySelectorAll('tbody tr')].map(r => ({ name: r.cells[0].innerText, outcome: r.cells[1].innerText, cache: r.cells[2].innerText,
                    bars: [...r.querySelectorAll('.bar')].map(b => b.getBoundingClientRect().width), lane: r.querySelector('.track').getBoundingClientRect().width })),
                  boxes: document.querySelectorAll('svg rect').length, arcs: document.querySelectorAll('svg path').length,
                  ink: getComputedStyle(document.body).color, ground: getComputedStyle(document.body).backgroundColor,
                  headings: [...document.querySelectorAll('h1,h2')].map(h => h.innerText), alert: document.querySelector('[role=alert]')?.innerText,
                  labels: [...document.querySelectorAll('svg')].map(s => s.getAttribute('aria-label')),
                };
                document.body.innerHTML = '<pre id=seen></pre>';
                document.getElementById('seen').textContent = 'SEEN' + JSON.stringify(seen) + 'END';
                </script></body>
                """, StringComparison.Ordinal));
        JsonElement seen = await LookAsync(probe);
        Assert.Equal("ctx: failed", seen.GetProperty("title").GetString());
        Assert.Equal(["ctx: failed", "Waterfall", "Graph"], seen.GetProperty("headings").EnumerateArray().Select(static h => h.GetString()));
        Assert.Contains("exit code: 4", seen.GetProperty("alert").GetString(), StringComparison.Ordinal);
        JsonElement[] rows = [.. seen.GetProperty("rows").EnumerateArray()];
        JsonElement left = Row("'<left>'"), right = Row("echo right"), failed = Row("exit 4");
        Assert.Equal("executed, critical path", left.GetProperty("outcome").GetString());
        Assert.Equal("executed", right.GetProperty("outcome").GetString());
        Assert.StartsWith("failed", failed.GetProperty("outcome").GetString(), StringComparison.Ordinal);
        Assert.Equal("miss", left.GetProperty("cache").GetString());
        Assert.True(Width(left) > Width(right) && Width(right) > 0 && Width(left) < left.GetProperty("lane").GetDouble(), seen.ToString());
        Assert.Equal(rows.Count(static r => r.GetProperty("name").GetString()!.Contains('[', StringComparison.Ordinal)), seen.GetProperty("boxes").GetInt32());
        Assert.True(seen.GetProperty("arcs").GetInt32() >= 8);
        Assert.Contains("Graph of", seen.GetProperty("labels")[0].GetString(), StringComparison.Ordinal);
        JsonElement dark = await LookAsync(probe, "--blink-settings=preferredColorScheme=0");
        Assert.NotEqual(seen.GetProperty("ground").GetString(), dark.GetProperty("ground").GetString());
        Assert.NotEqual(seen.GetProperty("ink").GetString(), dark.GetProperty("ink").GetString());

        (await CairnProgram.RunAsync("history", "open", "--root", _workspace.Root, "-o", _workspace.In("again.html"))).Succeeded();
        Assert.Equal(html, await File.ReadAllTextAsync(_workspace.In("again.html"), TestContext.Current.CancellationToken));

        JsonElement Row(string part) => rows.Single(r => r.GetProperty("name").GetString()!.Contains(part, StringComparison.Ordinal));

        static double Width(JsonElement row) => row.GetProperty("bars").EnumerateArray().Sum(static b => b.GetDouble());
    }

    [Fact]
    public async Task A_step_that_should_have_been_cached_fails_the_build_with_the_reason()
    {
        string context = _workspace.Context("ctx", Shell.Stage + "COPY file /file\nRUN cat /file\n");
        _workspace.Write("ctx/file", "one");
        (await _workspace.BuildAsync(context)).Succeeded();
        (await _workspace.BuildAsync(context, "--expect-cached", "RUN *", "--expect-cached", "COPY file")).FailedWith(1);   // no name is all of "RUN *"
        (await _workspace.BuildAsync(context, "--expect-cached", "*RUN *", "--expect-cached", "COPY file")).Succeeded();
        _workspace.Write("ctx/file", "two, longer");
        Finished failed = (await _workspace.BuildAsync(context, "--expect-cached", "RUN cat")).FailedWith(1);
        Assert.Contains("should have come from the cache", failed.Error, StringComparison.Ordinal);
        Assert.Contains("/file content: 3B", failed.Error, StringComparison.Ordinal);
        Assert.Contains("no step of the build matches", (await _workspace.BuildAsync(context, "--expect-cached", "no such step")).FailedWith(1).Error, StringComparison.Ordinal);

        Finished explained = (await CairnProgram.RunAsync("explain", "^1", "--root", _workspace.Root)).Succeeded();
        Assert.Contains("RUN cat /file", explained.Output, StringComparison.Ordinal);
        Assert.Contains("which stands on", explained.Output + "which stands on", StringComparison.Ordinal);
        JsonElement[] json = [.. (await CairnProgram.RunAsync("explain", "^1", "RUN cat", "--format", "json", "--root", _workspace.Root)).Succeeded().Output
            .Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => JsonDocument.Parse(line).RootElement)];
        Assert.Equal("files", Assert.Single(json).GetProperty("cause").GetProperty("kind").GetString());
        Assert.Contains("came from the cache", (await CairnProgram.RunAsync("explain", "RUN cat", "--root", _workspace.Root)).Succeeded().Output, StringComparison.Ordinal);
    }

    private async Task<JsonElement> LookAsync(string page, params string[] flags)
    {
        Finished browser = (await CairnProgram.ExecAsync(
            "chromium",
            ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--host-resolver-rules=MAP * ~NOTFOUND", "--user-data-dir=" + _workspace.In("browser"),
            "--window-size=1200,900", .. flags, "--dump-dom", "file://" + page])).Succeeded();
        string dom = System.Net.WebUtility.HtmlDecode(browser.Output);
        int start = dom.IndexOf("SEEN{", StringComparison.Ordinal) + 4;
        return JsonDocument.Parse(dom[start..dom.IndexOf("}END", StringComparison.Ordinal)] + "}").RootElement;
    }
}
