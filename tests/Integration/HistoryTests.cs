using System.Diagnostics;
using System.Formats.Tar;
using System.Text;
using System.Text.Json;
using Xunit;

namespace Cairn.Integration.Tests;

/// <summary>Builds leave records that a person can look at later.</summary>
public sealed class HistoryTests : IDisposable
{
    private readonly Workspace _workspace = new();

    public void Dispose() => _workspace.Dispose();

    [Fact]
    public async Task Builds_are_listed_inspected_exported_and_removed()
    {
        string context = _workspace.Context("app", Shell.Stage + "RUN echo hello && echo oops >&2\nRUN exit 7\n");
        Finished failed = (await _workspace.BuildAsync(context, "--build-arg", "COLOR=blue")).FailedWith(1);
        Assert.Contains("exit code: 7", failed.Error, StringComparison.Ordinal);
        _workspace.Context("app", Shell.Stage + "RUN echo hello && echo oops >&2\n");
        (await _workspace.BuildAsync(context, "--target", "tools")).Succeeded();

        JsonElement[] builds = [.. (await HistoryAsync("ls", "--format", "json")).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Json)];
        Assert.Equal(["Completed", "Failed"], builds.Select(b => b.GetProperty("status").GetString()));
        Assert.Equal(["app (tools)", "app"], builds.Select(b => b.GetProperty("label").GetProperty("name").GetString()));
        Assert.Equal((3, 3), (builds[0].GetProperty("steps").GetInt32(), builds[0].GetProperty("cachedSteps").GetInt32()));   // files of the client are no steps
        string table = (await HistoryAsync("ls")).Output;
        Assert.Equal("BUILD ID           NAME          STATUS      CREATED AT", table[..55]);
        string id = builds[1].GetProperty("id").GetString()!;
        Assert.Contains(id, table, StringComparison.Ordinal);

        string text = (await HistoryAsync("inspect", id[..8])).Output;
        foreach (string expected in (string[])["Status:         Failed", "build-arg:COLOR = blue", "Exit code: 7", "Dockerfile:5", ">>> RUN exit 7"])
        {
            Assert.Contains(expected, text, StringComparison.Ordinal);
        }

        JsonElement record = Json((await HistoryAsync("inspect", "^1", "--format", "json")).Output);
        Assert.Equal(7, record.GetProperty("error").GetProperty("exitCode").GetInt32());
        JsonElement run = record.GetProperty("steps").EnumerateArray().Single(s => s.GetProperty("name").GetString()!.EndsWith("RUN exit 7", StringComparison.Ordinal));
        Assert.Equal(("Failed", "exec", 5), (run.GetProperty("outcome").GetString(), run.GetProperty("kind").GetString(), run.GetProperty("source").GetProperty("first").GetInt32()));
        Assert.Equal(run.GetProperty("digest").GetString(), record.GetProperty("error").GetProperty("step").GetString());

        string logs = (await HistoryAsync("logs", id)).Output;
        Assert.Contains("RUN echo hello && echo oops >&2:\n", logs, StringComparison.Ordinal);
        Assert.Contains("\nhello\n", logs, StringComparison.Ordinal);
        Assert.Contains("oops\n", logs, StringComparison.Ordinal);

        string archive = _workspace.In("build.tar");
        (await HistoryAsync("export", id, "-o", archive)).Succeeded();
        Dictionary<string, string> entries = await ReadAsync(archive);
        Assert.Equal(id, Json(entries["build.json"]).GetProperty("id").GetString());
        Assert.Contains(entries, e => e.Key.StartsWith("definition-", StringComparison.Ordinal));
        Assert.Contains(entries, e => e.Key.StartsWith("logs/", StringComparison.Ordinal) && e.Value.Contains("hello", StringComparison.Ordinal));

        Assert.Equal(id, (await HistoryAsync("rm", id)).Output.Trim());
        Assert.Single((await HistoryAsync("ls", "--format", "json")).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains("history ls", (await CairnProgram.RunAsync("history", "inspect", id, "--root", _workspace.Root)).FailedWith(1).Error, StringComparison.Ordinal);
        (await HistoryAsync("rm", "--all")).Succeeded();
        Assert.Single((await HistoryAsync("ls")).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task A_killed_build_is_listed_as_interrupted_with_what_it_printed()
    {
        string mark = $"{Random.Shared.Next(100000, 999999)}.5";
        string context = _workspace.Context("ctx", Shell.Stage + $"RUN echo begun; sleep {mark}\n");
        var build = new Invocation(CairnProgram.Launcher, ["build", "--root", _workspace.Root, "--progress", "plain", context]);
        using Process process = CairnProgram.Start(build);
        Task<Finished> end = CairnProgram.WaitAsync(process, build);
        bool Has(string name) => Directory.Exists(_workspace.In("root/history"))
            && Directory.EnumerateFiles(_workspace.In("root/history"), name, SearchOption.AllDirectories).Any(static file => new FileInfo(file).Length > 0);
        while (!Has("log.zst") || !Has("record.json.zst"))   // the record is written some seconds after the log begins
        {
            Assert.False(end.IsCompleted, "the build ended before its command began");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TestContext.Current.CancellationToken);
        }

        process.Kill();
        await end;
        Assert.Equal("Interrupted", Json((await HistoryAsync("ls", "--format", "json")).Output).GetProperty("status").GetString());
        Assert.Contains("begun", (await HistoryAsync("logs")).Output, StringComparison.Ordinal);
        Assert.Contains("ended without telling", (await HistoryAsync("inspect")).Output, StringComparison.Ordinal);
        string page = (await HistoryAsync("open")).Output.Trim();
        Assert.Contains("RUN echo begun", await File.ReadAllTextAsync(page, TestContext.Current.CancellationToken), StringComparison.Ordinal);
        File.Delete(page);
    }

    private static JsonElement Json(string text)
    {
        using JsonDocument document = JsonDocument.Parse(text);
        return document.RootElement.Clone();
    }

    private static async Task<Dictionary<string, string>> ReadAsync(string path)
    {
        Dictionary<string, string> entries = new(StringComparer.Ordinal);
        await using FileStream file = File.OpenRead(path);
        await using var tar = new TarReader(file);
        while (await tar.GetNextEntryAsync(copyData: true, TestContext.Current.CancellationToken) is { } entry)
        {
            using var content = new MemoryStream();
            if (entry.DataStream is { } stream)
            {
                await stream.CopyToAsync(content, TestContext.Current.CancellationToken);
            }

            entries.Add(entry.Name, Encoding.UTF8.GetString(content.ToArray()));
        }

        return entries;
    }

    private async Task<Finished> HistoryAsync(params IReadOnlyList<string> arguments) =>
        (await CairnProgram.RunAsync(["history", .. arguments, "--root", _workspace.Root])).Succeeded();
}
