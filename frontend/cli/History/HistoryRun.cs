using System.Diagnostics;
using System.Text;
using Cairn.Cli.Building;
using Cairn.Cli.Settings;
using Cairn.Cli.Timings;
using Cairn.Llb;
using Cairn.Solver;
using Cairn.Solver.History;

namespace Cairn.Cli.History;

/// <summary>`cairn history`.</summary>
internal sealed class HistoryRun(HistorySettings settings)
{
    /// <returns>The exit code.</returns>
    public async Task<int> RunAsync()
    {
        await using BuildSolver solver = BuildSolver.Open(StoreLocation.For(settings.Root, settings.AdditionalStores).Options);
        BuildHistory history = solver.History;
        switch (settings.Action)
        {
            case HistoryAction.List:
                await ListAsync(history);
                break;
            case HistoryAction.Inspect:
                await InspectAsync(history, Find(history));
                break;
            case HistoryAction.Logs:
                Print(history, Find(history));
                break;
            case HistoryAction.Remove:
                await RemoveAsync(history);
                break;
            case HistoryAction.Export:
                await ExportAsync(history, Find(history));
                break;
            default:
                await OpenAsync(history, Find(history));
                break;
        }

        return 0;
    }

    private BuildSummary Find(BuildHistory history) => history.Find(settings.Builds.Count == 0 ? null : settings.Builds[0]);

    private async Task ListAsync(BuildHistory history)
    {
        IReadOnlyList<BuildSummary> builds = history.List();
        if (settings.Json)
        {
            foreach (BuildSummary build in builds)
            {
                await Console.Out.WriteLineAsync(build.ToJson());
            }

            return;
        }

        await Console.Out.WriteAsync(HistoryText.List(builds, TimeProvider.System.GetUtcNow()));
    }

    private async Task InspectAsync(BuildHistory history, BuildSummary build)
    {
        BuildRecord? record = history.TryLoad(build.Id);
        if (settings.Json)
        {
            await Console.Out.WriteLineAsync(record?.ToJson() ?? build.ToJson());
            return;
        }

        SourceLocation? source = record?.Error?.Step is { } failed ? history.SourceOf(build.Id, failed) : null;
        await Console.Out.WriteAsync(HistoryText.Inspect(build, record, source, TimeProvider.System.GetUtcNow()));
    }

    // The bytes as they were printed, with a line before each change of the step.
    private void Print(BuildHistory history, BuildSummary build)
    {
        using Stream output = Console.OpenStandardOutput();
        Digest? before = null;
        bool atLineStart = true;
        foreach (LogEntry entry in history.Logs(build.Id).Where(entry => settings.Step is not { } part || entry.Name.Contains(part, StringComparison.OrdinalIgnoreCase)))
        {
            if (before != entry.Step)
            {
                output.Write(Encoding.UTF8.GetBytes($"{(atLineStart ? "" : "\n")}> {entry.Name}:\n"));
                before = entry.Step;
            }

            output.Write(entry.Bytes.Span);
            atLineStart = entry.Bytes.Length == 0 ? atLineStart : entry.Bytes.Span[^1] == (byte)'\n';
        }
    }

    private async Task RemoveAsync(BuildHistory history)
    {
        if (settings.Builds.Count == 0 && !settings.All)
        {
            throw new UsageException("history rm: name the builds to remove, or give --all");
        }

        BuildSummary[] builds = settings.All
            ? [.. history.List().Where(static build => build.Status != BuildStatus.Running)]
            : [.. settings.Builds.Select(history.Find).DistinctBy(static build => build.Id)];
        history.Remove(builds);
        foreach (BuildSummary build in builds)
        {
            await Console.Out.WriteLineAsync(build.Id.ToString());
        }
    }

    private async Task ExportAsync(BuildHistory history, BuildSummary build)
    {
        if (settings.Output is null or "-")
        {
            if (!Console.IsOutputRedirected)
            {
                throw new UsageException("history export: the archive is not for a terminal; give --output FILE");
            }

            await using Stream output = Console.OpenStandardOutput();
            await history.ExportAsync(build, output, CancellationToken.None);
            return;
        }

        await WriteAsync(settings.Output, stream => history.ExportAsync(build, stream, CancellationToken.None));
        await Console.Error.WriteLineAsync($"{build.Id}: tar with build.json, record.json, definition-N.pb and logs/DIGEST.log in {settings.Output}");
    }

    private async Task OpenAsync(BuildHistory history, BuildSummary build)
    {
        BuildRecord record = history.TryLoad(build.Id) ?? throw new BuildException(
            ErrorKind.Input, "show build", build.Id.Value, "it has no timings: it runs, was interrupted, or its record is damaged");
        string path = Path.GetFullPath(settings.Output ?? Path.Combine(Path.GetTempPath(), $"cairn-{build.Id}.html"));
        byte[] page = TimingsPage.Render(record);
        await WriteAsync(path, async stream => await stream.WriteAsync(page));
        await Console.Out.WriteLineAsync(path);
        if (settings.Output is null && (HasValue("DISPLAY") || HasValue("WAYLAND_DISPLAY")) && Browser() is { } browser)
        {
            using Process? started = Process.Start(new ProcessStartInfo(browser, [path]));
        }
    }

    private static bool HasValue(string variable) => !string.IsNullOrEmpty(Environment.GetEnvironmentVariable(variable));

    private static string? Browser() => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
        .Where(static directory => directory.Length > 0)
        .Select(static directory => Path.Combine(directory, "xdg-open"))
        .FirstOrDefault(File.Exists);

    private static async Task WriteAsync(string path, Func<Stream, Task> write)
    {
        try
        {
            await using var file = new FileStream(path, FileMode.Create, FileAccess.Write);
            await write(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BuildException(ErrorKind.Environment, "write", path, e.Message, inner: e);
        }
    }
}
