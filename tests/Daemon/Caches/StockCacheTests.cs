using Cairn.Daemon.Tests.Support;
using Cairn.Integration.Tests;
using Xunit;

namespace Cairn.Daemon.Tests.Caches;

/// <summary>Caches that stock clients have one daemon export and another, which is empty, import.</summary>
public sealed class StockCacheTests : IAsyncLifetime
{
    private readonly Workspace _workspace = new();
    private RegistryServer? _registry;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _workspace.Context("ctx", Shell.Stage + "COPY file /file\nRUN cat /file > /one\nRUN echo two > /two\n");
        _workspace.Write("ctx/file", "as it was");
        _registry = await RegistryServer.StartAsync(_workspace, Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _registry!.DisposeAsync();
        _workspace.Dispose();
    }

    [Theory]
    [InlineData("type=registry,ref=HOST/team/cache:1,mode=max", "type=registry,ref=HOST/team/cache:1")]
    [InlineData("type=registry,ref=HOST/team/cache:1,mode=min,image-manifest=false", "HOST/team/cache:1")]
    [InlineData("type=local,dest=DIR/cache,mode=max", "type=local,src=DIR/cache")]
    [InlineData("type=inline", "HOST/team/image:1")]
    public async Task What_buildx_has_exported_is_found_by_an_empty_daemon(string export, string import)
    {
        await using (RunningDaemon first = await RunningDaemon.StartAsync())
        {
            Finished exported = await BuildxAsync(first, "--cache-to", Fill(export), "-t", $"{_registry!.Host}/team/image:1", "--push");
            Assert.DoesNotContain("CACHED", exported.Succeeded().Steps().Values);
        }

        await using RunningDaemon second = await RunningDaemon.StartAsync();
        Finished imported = (await BuildxAsync(second, "--cache-from", Fill(import), "-o", $"type=tar,dest={_workspace.In("out.tar")}")).Succeeded();

        Assert.All(
            imported.Steps().Where(static step => step.Key.Contains("RUN", StringComparison.Ordinal) || step.Key.Contains("COPY", StringComparison.Ordinal)),
            static step => Assert.Equal((step.Key, "CACHED"), (step.Key, step.Value)));
        Assert.Contains(imported.Steps().Keys, static step => step.StartsWith("importing cache manifest from ", StringComparison.Ordinal));
        Assert.Equal("as it wastwo\n", (await CairnProgram.ExecAsync("tar", "-xOf", _workspace.In("out.tar"), "one", "two")).Succeeded().Output);
    }

    [Fact]
    public async Task Buildctl_exports_and_imports()
    {
        string cache = $"{_registry!.Host}/team/cache:1";
        await using (RunningDaemon first = await RunningDaemon.StartAsync())
        {
            (await BuildctlAsync(first, "--export-cache", $"type=registry,ref={cache},mode=max")).Succeeded();
        }

        await using RunningDaemon second = await RunningDaemon.StartAsync();
        Finished imported = (await BuildctlAsync(second, "--import-cache", $"type=registry,ref={cache}")).Succeeded();
        Assert.Equal("CACHED", imported.Steps().Single(static step => step.Key.Contains("RUN echo two", StringComparison.Ordinal)).Value);
    }

    [Fact]
    public async Task A_cache_that_cannot_be_read_is_shown_and_one_that_cannot_be_written_fails_the_build()
    {
        await using RunningDaemon daemon = await RunningDaemon.StartAsync();
        Finished missing = (await BuildxAsync(daemon, "--cache-from", $"{_registry!.Host}/no/such:cache")).Succeeded();
        Assert.Contains("importing cache manifest from", missing.Error, StringComparison.Ordinal);
        Assert.Contains("not found", missing.Error, StringComparison.Ordinal);

        Finished unknown = await BuildxAsync(daemon, "--cache-to", "type=azblob,name=x");
        Assert.NotEqual(0, unknown.ExitCode);
        Assert.Contains("unknown cache exporter: \"azblob\"", unknown.Error, StringComparison.Ordinal);
    }

    private string Fill(string spec) =>
        spec.Replace("HOST", _registry!.Host, StringComparison.Ordinal).Replace("DIR", _workspace.Path, StringComparison.Ordinal);

    private async Task<Finished> BuildxAsync(RunningDaemon daemon, params IReadOnlyList<string> arguments)
    {
        // A builder of its own for each daemon: clients remember them by name.
        var environment = new Dictionary<string, string>
        {
            ["BUILDX_CONFIG"] = daemon.Socket + ".buildx", ["DOCKER_CONFIG"] = _workspace.In("docker"), ["BUILDX_BUILDER"] = "one",
        };
        if (!Directory.Exists(daemon.Socket + ".buildx"))
        {
            (await CairnProgram.RunAsync(new Invocation("docker-buildx", ["create", "--driver", "remote", "--name", "one", "unix://" + daemon.Socket])
            {
                Environment = environment,
            })).Succeeded();
        }

        return await CairnProgram.RunAsync(
            new Invocation("docker-buildx", ["build", "--progress", "plain", "--provenance=false", .. arguments, _workspace.In("ctx")]) { Environment = environment });
    }

    private Task<Finished> BuildctlAsync(RunningDaemon daemon, params IReadOnlyList<string> arguments)
    {
        string context = _workspace.In("ctx");
        return CairnProgram.RunAsync(new Invocation(
            "buildctl",
            [
                "--addr", "unix://" + daemon.Socket, "build", "--progress", "plain", "--frontend", "dockerfile.v0", "--local", "context=" + context,
                "--local", "dockerfile=" + context, .. arguments,
            ]) { Environment = new Dictionary<string, string> { ["DOCKER_CONFIG"] = _workspace.In("docker") } });
    }
}
