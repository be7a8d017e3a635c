using System.Text;
using Cairn.Cache.Refs;
using Cairn.Llb;
using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Trees;
using Cairn.Solver.Sessions;
using Cairn.Solver.Sources;
using Xunit;

namespace Cairn.Solver.Tests.Transfer;

public sealed class HttpSourceTests : IAsyncDisposable
{
    private readonly TransferBench _bench = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _bench.DisposeAsync();

    [Fact]
    public async Task A_file_gets_its_name_time_mode_and_owner()
    {
        await using var server = new FaultyServer(_ => new(200, "content") { Headers = { ["Last-Modified"] = "Thu, 02 Jan 2020 03:04:05 GMT" } });

        using ImmutableRef result = (await _bench.PullAsync(
            $"http://{server.Host}/some/file.txt?x=1", TransferBench.Session(), new() { ["http.perm"] = "0755", ["http.uid"] = "1000", ["http.gid"] = "1001" }))!;
        using SnapshotView view = await result.ViewAsync(_bench.Context(TransferBench.Session()).Refs, Token);

        FileStatus file = view.Tree.Status("/file.txt", followLinks: false)!;
        Assert.Equal((0x1edu, 1000u, 1001u), (file.Mode, file.Uid, file.Gid));
        Assert.Equal(new DateTimeOffset(2020, 1, 2, 3, 4, 5, TimeSpan.Zero).ToUnixTimeSeconds() * 1_000_000_000, file.ModifiedNanoseconds);
    }

    [Fact]
    public async Task The_server_may_name_the_file_but_not_its_place()
    {
        await using var server = new FaultyServer(_ => new(200, "content") { Headers = { ["Content-Disposition"] = "attachment; filename=\"../../evil\"" } });

        using ImmutableRef result = (await _bench.PullAsync($"http://{server.Host}/x", TransferBench.Session()))!;

        Assert.Equal("content", await _bench.ReadAsync(result, "/evil"));
    }

    [Fact]
    public async Task An_unchanged_file_is_not_fetched_again()
    {
        await using var server = new FaultyServer(request => request.Header("If-None-Match") == "\"one\"" ? new(304) : new(200, "content") { Headers = { ["ETag"] = "\"one\"" } });
        string url = $"http://{server.Host}/file";

        SourceKey first = await _bench.Source(url).KeyAsync(_bench.Context(TransferBench.Session()), 0, Token);
        ISourceInstance again = _bench.Source(url);
        SourceKey second = await again.KeyAsync(_bench.Context(TransferBench.Session()), 0, Token);
        using ImmutableRef result = (await again.SnapshotAsync(_bench.Context(TransferBench.Session()), Token))!;

        Assert.Equal(first.Key, second.Key);
        Assert.Equal(Digest.Sha256("content"u8).ToString(), second.Pin);
        Assert.Equal("content", await _bench.ReadAsync(result, "/file"));
        Assert.Equal(2, server.Requests.Count);
    }

    [Fact]
    public async Task With_a_checksum_the_key_needs_no_request_and_the_bytes_must_match()
    {
        await using var server = new FaultyServer(_ => new(200, "content"));
        string url = $"http://{server.Host}/file";
        var wanted = Digest.Sha256("other"u8);
        ISourceInstance source = _bench.Source(url, new() { ["http.checksum"] = wanted.ToString() });

        SourceKey key = await source.KeyAsync(_bench.Context(TransferBench.Session()), 0, Token);
        Assert.Empty(server.Requests);
        BuildException e = await Assert.ThrowsAsync<BuildException>(() => source.SnapshotAsync(_bench.Context(TransferBench.Session()), Token));

        Assert.Equal(wanted.ToString(), key.Pin);
        Assert.Equal($"digest mismatch for {url}: {Digest.Sha256("content"u8)} (expected: {wanted})", e.Message);
    }

    [Fact]
    public async Task A_missing_file_names_url_and_status()
    {
        await using var server = new FaultyServer(_ => new(404));

        BuildException e = await Assert.ThrowsAsync<BuildException>(() => _bench.PullAsync($"http://{server.Host}/file", TransferBench.Session()));

        Assert.Equal($"failed to download http://{server.Host}/file: invalid response status 404", e.Message);
    }

    [Fact]
    public async Task A_token_of_the_host_is_sent_as_the_login()
    {
        await using var server = new FaultyServer(request => request.Header("Authorization") == "Bearer secret" ? new(200, "content") : new(401));
        var secrets = new SecretValues(new Dictionary<string, Func<byte[]?>> { ["HTTP_AUTH_TOKEN_127.0.0.1"] = () => Encoding.UTF8.GetBytes("secret") });

        using ImmutableRef result = (await _bench.PullAsync($"http://{server.Host}/file", TransferBench.Session(secrets: secrets)))!;

        Assert.Equal("content", await _bench.ReadAsync(result, "/file"));
    }
}
