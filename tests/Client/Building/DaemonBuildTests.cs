using System.Formats.Tar;
using System.Text;
using System.Text.Json.Nodes;
using Cairn.Client.Building;
using Cairn.Client.Sessions;
using Cairn.Client.Tests.Support;
using Cairn.Daemon.Tests.Support;
using Cairn.Llb;
using Cairn.Llb.Building;
using Cairn.Protos.Control;
using Cairn.Protos.Gateway;
using Cairn.Wire.Errors;
using Xunit;

namespace Cairn.Client.Tests.Building;

public sealed class DaemonBuildTests : IAsyncLifetime
{
    private readonly TempDirectory _directory = new();
    private RunningDaemon _daemon = null!;
    private BuildClient _client = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _daemon = await RunningDaemon.StartAsync();
        _client = await BuildClient.ConnectAsync("unix://" + _daemon.Socket, new ClientOptions(), Token);
        _directory.Write("context/Dockerfile", "FROM scratch\nCOPY . /all\n");
        _directory.Write("context/dir/ä.txt", "alpha");
        _directory.Write("context/b.txt", "beta");
        File.CreateSymbolicLink(_directory["context/link"], "b.txt");
        File.SetUnixFileMode(_directory["context/b.txt"], (UnixFileMode)0x1E8);
        File.SetLastWriteTimeUtc(_directory["context/b.txt"], new DateTime(2020, 2, 3, 4, 5, 6, DateTimeKind.Utc));
    }

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        await _daemon.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task A_directory_goes_to_the_daemon_and_its_result_comes_back_into_a_directory()
    {
        _directory.Write("out/kept.txt", "mine");
        _directory.Write("out/all/b.txt", "old");
        await BuildAsync(new BuildExport("local", new Dictionary<string, string>(), new ExportDestination { Directory = _directory["out"] }));

        Assert.Equal("alpha", File.ReadAllText(_directory["out/all/dir/ä.txt"]));
        Assert.Equal("beta", File.ReadAllText(_directory["out/all/b.txt"]));
        Assert.Equal("b.txt", new FileInfo(_directory["out/all/link"]).LinkTarget);
        Assert.Equal((UnixFileMode)0x1E8, File.GetUnixFileMode(_directory["out/all/b.txt"]));
        Assert.Equal(new DateTime(2020, 2, 3, 4, 5, 6, DateTimeKind.Utc), File.GetLastWriteTimeUtc(_directory["out/all/b.txt"]));
        Assert.Equal("mine", File.ReadAllText(_directory["out/kept.txt"]));
    }

    [Fact]
    public async Task A_result_goes_into_an_archive_or_a_stream()
    {
        using var stream = new MemoryStream();
        await BuildAsync(
            new BuildExport("tar", new Dictionary<string, string>(), new ExportDestination { File = _directory["made/out.tar"] }),
            new BuildExport("tar", new Dictionary<string, string>(), new ExportDestination { Output = stream }));

        stream.Position = 0;
        foreach (Stream archive in (Stream[])[File.OpenRead(_directory["made/out.tar"]), stream])
        {
            await using var reader = new TarReader(archive);
            var contents = new Dictionary<string, string>();
            while (await reader.GetNextEntryAsync(copyData: true, Token) is { } entry)
            {
                contents[entry.Name] = entry.DataStream is { } data ? await new StreamReader(data).ReadToEndAsync(Token) : entry.LinkName;
            }

            Assert.Equal("beta", contents["all/b.txt"]);
            Assert.Equal("b.txt", contents["all/link"]);
        }

        Assert.Equal([_directory["made/out.tar"]], Directory.GetFiles(_directory["made"]));
    }

    [Fact]
    public async Task Images_go_into_a_layout_whose_tags_the_client_keeps()
    {
        foreach (string name in (string[])["example.com/a/b:one", "example.com/a/b:two", "example.com/a/b:one"])
        {
            BuildOutcome outcome = await BuildAsync(new BuildExport(
                "oci", new Dictionary<string, string> { ["tar"] = "false", ["name"] = name }, new ExportDestination { Layout = _directory["layout"] }));
            string digest = outcome.Response["containerimage.digest"];
            Assert.True(File.Exists(_directory[$"layout/blobs/sha256/{digest[7..]}"]));
        }

        JsonArray manifests = JsonNode.Parse(File.ReadAllText(_directory["layout/index.json"]))!["manifests"]!.AsArray();
        Assert.Equal(
            ["example.com/a/b:one", "example.com/a/b:two"],
            manifests.Select(m => m!["annotations"]!["io.containerd.image.name"]!.GetValue<string>()).Order(StringComparer.Ordinal));
        Assert.Equal("""{"imageLayoutVersion":"1.0.0"}""", File.ReadAllText(_directory["layout/oci-layout"]));
    }

    [Fact]
    public async Task A_function_says_what_to_build_and_may_look_into_results()
    {
        string seen = "";
        await using RunningBuild build = await _client.BuildAsync(
            new BuildOptions
            {
                Solve = async (gateway, token) =>
                {
                    State made = State.Scratch.File(FileActions.None.MakeFile("/a.txt", 0x1A4, Encoding.UTF8.GetBytes("from a function")));
                    Result result = await gateway.SolveAsync(made.Marshal(), token);
                    seen = Encoding.UTF8.GetString((await gateway.ReadFileAsync(result.Ref.Id, "/a.txt", null, token)).Span);
                    Assert.Equal("a.txt", Assert.Single(await gateway.ReadDirectoryAsync(result.Ref.Id, "/", null, token)).Path);
                    return result;
                },
                Exports = [new BuildExport("local", new Dictionary<string, string>(), new ExportDestination { Directory = _directory["out"] })],
            },
            Token);
        await build.Outcome;
        Assert.Equal("from a function", seen);
        Assert.Equal("from a function", File.ReadAllText(_directory["out/a.txt"]));
    }

    [Fact]
    public async Task A_function_without_a_result_is_a_build_without_one_and_its_failure_is_the_builds()
    {
        await using RunningBuild empty = await _client.BuildAsync(
            new BuildOptions { IsInternal = true, Solve = (gateway, _) => Task.FromResult(gateway.Features.LLBCaps.Count > 0 ? new Result() : throw new InvalidOperationException("no capabilities")) }, Token);
        await empty.Outcome;

        await using RunningBuild failing = await _client.BuildAsync(
            new BuildOptions { Solve = (_, _) => throw new InvalidOperationException("changed my mind") }, Token);
        BuildException failure = await Assert.ThrowsAnyAsync<BuildException>(() => failing.Outcome);
        Assert.Contains("changed my mind", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failure_comes_with_the_step_and_the_place_in_the_Dockerfile()
    {
        _directory.Write("context/Dockerfile", "FROM scratch\nCOPY nothing /\n");
        await using RunningBuild build = await _client.BuildAsync(Options(), Token);
        var failed = new HashSet<string>();
        await foreach (StatusResponse news in build.ReadStatusAsync(Token))
        {
            failed.UnionWith(news.Vertexes.Where(v => v.Error.Length > 0).Select(v => v.Digest));
        }

        StatusException failure = await Assert.ThrowsAsync<StatusException>(() => build.Outcome);
        Assert.Contains("\"/nothing\": not found", failure.Message, StringComparison.Ordinal);
        SourceLocation source = Assert.Single(failure.Sources);
        Assert.Equal(("Dockerfile", 2), (source.FileName, Assert.Single(source.Ranges).StartLine));
        Assert.Contains("COPY nothing /", Encoding.UTF8.GetString(source.Content.Span), StringComparison.Ordinal);
        Assert.NotEmpty(failed);
    }

    [Fact]
    public async Task News_tell_of_every_step_and_can_be_had_again_after_the_build()
    {
        await using RunningBuild build = await _client.BuildAsync(Options(), Token);
        var completed = new HashSet<string>();
        await foreach (StatusResponse news in build.ReadStatusAsync(Token))
        {
            completed.UnionWith(news.Vertexes.Where(v => v.Completed is not null).Select(v => v.Name));
        }

        await build.Outcome;
        Assert.Contains(completed, name => name.Contains("COPY . /all", StringComparison.Ordinal));
        Assert.Contains(completed, name => name.Contains("load build context", StringComparison.Ordinal));

        var again = new HashSet<string>();
        await foreach (StatusResponse news in _client.StatusAsync(build.Id, Token))
        {
            again.UnionWith(news.Vertexes.Where(v => v.Completed is not null).Select(v => v.Name));
        }

        Assert.Equal(completed.Order(StringComparer.Ordinal), again.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Disposing_a_build_cancels_it()
    {
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        RunningBuild build = await _client.BuildAsync(
            new BuildOptions
            {
                Solve = async (_, token) =>
                {
                    begun.SetResult();
                    await Task.Delay(Timeout.Infinite, token);
                    return new Result();
                },
            },
            Token);
        await begun.Task.WaitAsync(TimeSpan.FromMinutes(1), Token);
        await build.DisposeAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => build.Outcome);
        Assert.True(await _client.IsServingAsync(Token));
    }

    [Fact]
    public async Task The_daemon_tells_of_itself_its_store_and_its_builds()
    {
        Assert.NotEmpty((await _client.InfoAsync(Token)).Version);
        Assert.NotEmpty(Assert.Single(await _client.WorkersAsync([], Token)).Platforms);
        Assert.True(await _client.IsServingAsync(Token));
        await BuildAsync();
        Assert.NotEmpty(await _client.DiskUsageAsync([], Token));

        BuildHistoryRecord record = Assert.Single(
            await _client.HistoryAsync(new BuildHistoryRequest { EarlyExit = true }, Token)
                .Where(e => e.Type == BuildHistoryEventType.Complete).ToListAsync(Token)).Record;
        long bytes = 0;
        await foreach (ReadOnlyMemory<byte> part in _client.ReadBlobAsync(record.Logs.Digest, Token))
        {
            bytes += part.Length;
        }

        Assert.Equal(record.Logs.Size, bytes);
        await _client.UpdateHistoryAsync(new UpdateBuildHistoryRequest { Ref = record.Ref, Delete = true }, Token);
        Assert.Empty(await _client.HistoryAsync(new BuildHistoryRequest { EarlyExit = true }, Token)
            .Where(e => e.Type == BuildHistoryEventType.Complete).ToListAsync(Token));
        Assert.NotEmpty(await _client.PruneAsync(new PruneRequest { All = true }, Token).ToListAsync(Token));
    }

    [Fact]
    public async Task A_session_of_its_own_serves_builds_that_name_it()
    {
        await using ClientSession shared = await _client.OpenSessionAsync(
            new SessionOptions { Directories = new Dictionary<string, LocalDirectory> { ["context"] = new(_directory["context"]) } }, Token);
        State files = State.Local("context", new LocalOptions { SessionId = shared.Id });
        await using RunningBuild build = await _client.BuildAsync(
            new BuildOptions
            {
                Definition = files.Marshal(),
                Exports = [new BuildExport("local", new Dictionary<string, string>(), new ExportDestination { Directory = _directory["out"] })],
            },
            Token);
        await build.Outcome;
        Assert.Equal("beta", File.ReadAllText(_directory["out/b.txt"]));
    }

    [Fact]
    public async Task A_daemon_that_is_not_there_is_told_with_its_address()
    {
        BuildException failure = await Assert.ThrowsAsync<BuildException>(
            () => BuildClient.ConnectAsync("unix://" + _directory["none.sock"], new ClientOptions(), Token));
        Assert.Contains("failed to reach daemon unix://", failure.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<BuildException>(() => BuildClient.ConnectAsync("http://x", new ClientOptions(), Token));
    }

    private BuildOptions Options(params IReadOnlyList<BuildExport> exports) => new()
    {
        Frontend = "dockerfile.v0",
        Exports = exports,
        Session = new SessionOptions
        {
            Directories = new Dictionary<string, LocalDirectory> { ["context"] = new(_directory["context"]), ["dockerfile"] = new(_directory["context"]) },
        },
    };

    private async Task<BuildOutcome> BuildAsync(params IReadOnlyList<BuildExport> exports)
    {
        await using RunningBuild build = await _client.BuildAsync(Options(exports), Token);
        return await build.Outcome;
    }
}
