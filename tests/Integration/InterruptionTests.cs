using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Xunit;

namespace Cairn.Integration.Tests;

/// <summary>Builds that are stopped half-way: nothing of them is left, and the next build works.</summary>
public sealed class InterruptionTests : IDisposable
{
    private readonly Workspace _workspace = new();
    private readonly string _mark = $"{Random.Shared.Next(100000, 999999)}.25";   // an argument of sleep that nobody else uses

    public void Dispose() => _workspace.Dispose();

    [Theory]
    [InlineData("INT", 130)]
    [InlineData("TERM", 143)]
    public async Task A_signal_stops_the_container_and_leaves_a_store_that_works(string signal, int code)
    {
        Invocation build = LongBuild();
        using Process process = CairnProgram.Start(build);
        Task<Finished> end = CairnProgram.WaitAsync(process, build);
        await WaitForSleepAsync(end);
        (await CairnProgram.ExecAsync("kill", $"-{signal}", process.Id.ToString(CultureInfo.InvariantCulture))).Succeeded();
        Finished stopped = (await end).FailedWith(code);
        Assert.Contains("canceled", stopped.Error, StringComparison.OrdinalIgnoreCase);
        await NothingIsLeftAsync();
    }

    [Fact]
    public async Task A_quit_signal_shows_what_is_waited_for_and_the_build_goes_on()
    {
        string errors = _workspace.In("errors");
        Invocation plain = LongBuild();
        Invocation build = plain with { Arguments = ["--default-signal=INT,QUIT", "sh", "-c", "exec \"$@\" 2> \"$0\"", errors, .. plain.Arguments.Skip(1)] };
        using Process process = CairnProgram.Start(build);
        Task<Finished> end = CairnProgram.WaitAsync(process, build);
        await WaitForSleepAsync(end);
        (await CairnProgram.ExecAsync("kill", "-QUIT", process.Id.ToString(CultureInfo.InvariantCulture))).Succeeded();
        while (!File.ReadAllText(errors).Contains("is carried out", StringComparison.Ordinal))
        {
            Assert.False(end.IsCompleted, "the build ended");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TestContext.Current.CancellationToken);   // nothing tells that a file has grown
        }

        (await CairnProgram.ExecAsync("kill", ["-KILL", .. Sleepers().Select(static id => id.ToString(CultureInfo.InvariantCulture))])).Succeeded();
        (await end).FailedWith(1);
        Assert.Contains("exit code: 137", await File.ReadAllTextAsync(errors, TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_process_is_told_what_the_builds_of_every_process_wait_for()
    {
        using Process one = CairnProgram.Start(LongBuild());
        using Process two = CairnProgram.Start(LongBuild());
        Task<Finished>[] ends = [CairnProgram.WaitAsync(one, LongBuild()), CairnProgram.WaitAsync(two, LongBuild())];
        JsonElement[] told = [];
        while (told.Length < 2)
        {
            Assert.DoesNotContain(ends, static end => end.IsCompleted);
            string answer = (await CairnProgram.RunAsync("debug", "graph", "--root", _workspace.Root, "--format", "json")).Succeeded().Output;
            told = [.. JsonDocument.Parse(answer).RootElement.GetProperty("processes").EnumerateArray()
                .Where(process => process.GetRawText().Contains($"sleep {_mark}", StringComparison.Ordinal) && process.GetRawText().Contains("is carried out", StringComparison.Ordinal))];
        }

        string text = (await CairnProgram.RunAsync("debug", "graph", "--root", _workspace.Root)).Succeeded().Output;
        Assert.All(told, process => Assert.Contains($"process {process.GetProperty("process").GetInt32()}:", text, StringComparison.Ordinal));
        Assert.Equal(2, told.Select(static process => process.GetProperty("instance").GetString()).Distinct().Count());

        foreach (Process process in new[] { one, two })
        {
            process.Kill();
        }

        await Task.WhenAll(ends);
        await NothingIsLeftAsync();
        Assert.Equal("no process has the store open\n", (await CairnProgram.RunAsync("debug", "graph", "--root", _workspace.Root)).Succeeded().Output);
    }

    [Fact]
    public async Task After_kill_9_the_next_command_clears_up()
    {
        Invocation build = LongBuild();
        using Process process = CairnProgram.Start(build);
        Task<Finished> end = CairnProgram.WaitAsync(process, build);
        await WaitForSleepAsync(end);
        process.Kill();
        await end;
        await NothingIsLeftAsync();
    }

    private Invocation LongBuild()
    {
        string context = _workspace.Context("ctx", Shell.Stage + $"RUN echo begun; sleep {_mark}\n");

        // A shell that puts the tests in the background has them ignore Ctrl-C and Ctrl-\, and children inherit that.
        return new Invocation(
            "/usr/bin/env",
            ["--default-signal=INT,QUIT", CairnProgram.Launcher, "build", "--root", _workspace.Root, "--progress", "plain", context]);
    }

    private async Task WaitForSleepAsync(Task build)
    {
        while (Sleepers().Count == 0)
        {
            Assert.False(build.IsCompleted, "the build ended before its command began");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TestContext.Current.CancellationToken);   // a process in a container tells nobody that it began
        }
    }

    private async Task NothingIsLeftAsync()
    {
        string context = _workspace.Context("ctx", Shell.Stage + "RUN echo fine > /fine\n");
        (await _workspace.BuildAsync(context, "-o", _workspace.In("out"))).Succeeded();
        Assert.Equal("fine\n", await File.ReadAllTextAsync(_workspace.In("out/fine"), TestContext.Current.CancellationToken));
        Assert.Empty(Sleepers());
        Assert.DoesNotContain(_workspace.Path, await File.ReadAllTextAsync("/proc/self/mountinfo", TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(_workspace.Root, "staging")));
    }

    private List<int> Sleepers()
    {
        List<int> found = [];
        foreach (string folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out int id))
            {
                try
                {
                    if (File.ReadAllText(Path.Combine(folder, "cmdline")).StartsWith($"sleep\0{_mark}\0", StringComparison.Ordinal))
                    {
                        found.Add(id);
                    }
                }
                catch (IOException)
                {
                    // it ended while we looked
                }
            }
        }

        return found;
    }
}
