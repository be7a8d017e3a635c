using Cairn.Daemon.Tests.Support;
using Cairn.Integration.Tests;
using Xunit;

namespace Cairn.Daemon.Tests.Stock;

/// <summary>docker-buildx and buildctl as they come, against the daemon as it runs.</summary>
public sealed class StockClientTests
{
    [Fact]
    public async Task Buildx_builds_shows_what_failed_and_looks_into_the_history()
    {
        using var workspace = new Workspace();
        await using DaemonProcess daemon = await DaemonProcess.StartAsync(workspace);
        string inspected = (await daemon.BuildxAsync("inspect", "--bootstrap")).Succeeded().Output;
        Assert.Contains("BuildKit version: v0.", inspected, StringComparison.Ordinal);
        Assert.Contains("linux/", inspected, StringComparison.Ordinal);

        string context = workspace.Context("ctx", Shell.Stage + "RUN echo hello > /hello && cat /hello\n");
        string destination = workspace.In("out");
        Finished first = (await daemon.BuildxAsync("build", "--progress", "plain", "-o", $"type=local,dest={destination}", context)).Succeeded();
        Assert.Contains("transferring context", first.Error, StringComparison.Ordinal);
        Assert.Equal("hello\n", await File.ReadAllTextAsync(Path.Combine(destination, "hello"), TestContext.Current.CancellationToken));
        Finished second = (await daemon.BuildxAsync("build", "--progress", "plain", context)).Succeeded();
        Assert.Contains("CACHED", second.Error, StringComparison.Ordinal);

        workspace.Write("ctx/Failing", Shell.Stage + "RUN echo before; exit 7\n");
        Finished failed = (await daemon.BuildxAsync("build", "--progress", "plain", "-f", Path.Combine(context, "Failing"), context)).FailedWith(1);
        Assert.Contains("Failing:4", failed.Error, StringComparison.Ordinal);
        Assert.Contains(">>> RUN echo before; exit 7", failed.Error, StringComparison.Ordinal);
        Assert.Contains("did not complete successfully: exit code: 7", failed.Error, StringComparison.Ordinal);

        string list = (await daemon.BuildxAsync("history", "ls")).Succeeded().Output;
        Assert.Equal(2, Count(list, "Completed"));
        Assert.Equal(1, Count(list, "Error"));
        Assert.Contains("exit code: 7", (await daemon.BuildxAsync("history", "inspect")).Succeeded().Output, StringComparison.Ordinal);
        Finished logs = (await daemon.BuildxAsync("history", "logs")).Succeeded();
        Assert.Contains("before", logs.Error + logs.Output, StringComparison.Ordinal);
        Assert.Single((await daemon.BuildxAsync("history", "ls", "--filter", "status=error", "--format", "{{.Ref}}")).Succeeded().Output.Trim().Split('\n'));

        Assert.Contains("Reclaimable", (await daemon.BuildxAsync("du")).Succeeded().Output, StringComparison.Ordinal);
        Assert.Contains("Total:", (await daemon.BuildxAsync("prune", "--all", "--force")).Succeeded().Output, StringComparison.Ordinal);
        Assert.Contains("Reclaimable:\t0B", (await daemon.BuildxAsync("du")).Succeeded().Output, StringComparison.Ordinal);
        (await daemon.BuildxAsync("history", "rm", "--all")).Succeeded();
        Assert.Equal(0, Count((await daemon.BuildxAsync("history", "ls")).Succeeded().Output, "Completed"));
    }

    [Fact]
    public async Task Buildctl_builds_and_asks_about_the_daemon()
    {
        using var workspace = new Workspace();
        await using DaemonProcess daemon = await DaemonProcess.StartAsync(workspace);
        string context = workspace.Context("ctx", "FROM scratch\nCOPY busybox /b\n");
        string archive = workspace.In("out.tar");
        (await daemon.BuildctlAsync(
            "build", "--progress", "plain", "--frontend", "dockerfile.v0", "--local", $"context={context}", "--local", $"dockerfile={context}",
            "--output", $"type=tar,dest={archive}")).Succeeded();
        Assert.Contains("b\n", (await CairnProgram.ExecAsync("tar", "-tf", archive)).Succeeded().Output, StringComparison.Ordinal);

        Assert.Contains("v0.", (await daemon.BuildctlAsync("debug", "info")).Succeeded().Output, StringComparison.Ordinal);
        string workers = (await daemon.BuildctlAsync("debug", "workers", "-v")).Succeeded().Output;
        Assert.Contains("org.mobyproject.buildkit.worker.snapshotter", workers, StringComparison.Ordinal);
        Assert.Contains("GC Policy rule#0", workers, StringComparison.Ordinal);
        Assert.Contains("COMPLETE", (await daemon.BuildctlAsync("debug", "histories")).Succeeded().Output, StringComparison.Ordinal);
        Assert.Contains("Total:", (await daemon.BuildctlAsync("du")).Succeeded().Output, StringComparison.Ordinal);
        (await daemon.BuildctlAsync("prune", "--all")).Succeeded();
        Finished wrong = await daemon.BuildctlAsync("build", "--frontend", "nonsense");
        Assert.NotEqual(0, wrong.ExitCode);
        Assert.Contains("invalid frontend", wrong.Error, StringComparison.Ordinal);
    }

    private static int Count(string text, string word) => text.Split(word).Length - 1;
}
