using System.Text;
using Cairn.Cache.Checksums;
using Cairn.Cache.Refs;
using Cairn.Llb;
using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Locals;
using Cairn.Snapshotter.Trees;
using Cairn.Solver.Sessions;
using Cairn.Solver.Sources;
using Xunit;

namespace Cairn.Solver.Tests.Transfer;

public sealed class LocalSourceTests : IAsyncDisposable
{
    private readonly TransferBench _bench = new();
    private readonly string _host;
    private readonly LocalDirectory _files;

    public LocalSourceTests()
    {
        _host = Directory.CreateDirectory(_bench["context"]).FullName;
        Write("a.txt", "alpha");
        Write("dir/b.txt", "beta");
        Write("dir/deep/c.txt", "gamma");
        File.CreateSymbolicLink(Path.Combine(_host, "link"), "dir/b.txt");
        _files = new LocalDirectory(_host, _host);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        _files.Dispose();
        await _bench.DisposeAsync();
    }

    [Fact]
    public async Task Files_arrive_with_their_times_and_modes_and_belong_to_root()
    {
        File.SetUnixFileMode(Path.Combine(_host, "a.txt"), UnixFileMode.UserRead | UnixFileMode.GroupExecute | UnixFileMode.SetUser);
        File.SetLastWriteTimeUtc(Path.Combine(_host, "dir"), new DateTime(2020, 1, 2, 3, 4, 5, DateTimeKind.Utc));

        using ImmutableRef result = await SyncAsync();
        using SnapshotView view = await result.ViewAsync(_bench.Context(TransferBench.Session()).Refs, Token);

        FileStatus file = view.Tree.Status("/a.txt", followLinks: false)!;
        Assert.Equal((0x908u, 0u, 0u), (file.Mode, file.Uid, file.Gid));
        Assert.Equal(new DateTimeOffset(2020, 1, 2, 3, 4, 5, TimeSpan.Zero).ToUnixTimeSeconds() * 1_000_000_000, view.Tree.Status("/dir", followLinks: false)!.ModifiedNanoseconds);
        Assert.Equal("dir/b.txt", view.Tree.ReadLink("/link"));
        Assert.Equal("gamma", Encoding.UTF8.GetString(view.Tree.TryReadFile("/dir/deep/c.txt", 100)!));
    }

    [Fact]
    public async Task An_unchanged_directory_is_the_same_ref()
    {
        Settle();
        using ImmutableRef first = await SyncAsync();
        Publish(first);

        using ImmutableRef second = await SyncAsync();

        Assert.Equal(first.Id, second.Id);
    }

    [Fact]
    public async Task Only_the_changed_file_is_copied_and_the_content_digest_follows_it()
    {
        Settle();
        using ImmutableRef first = await SyncAsync();
        Publish(first);
        Digest before = await ChecksumAsync(first);
        Write("a.txt", "ALPHA");

        using ImmutableRef second = await SyncAsync();
        Publish(second);

        Assert.NotEqual(first.Id, second.Id);
        Assert.NotEqual(before, await ChecksumAsync(second));
        Assert.Equal("ALPHA", await _bench.ReadAsync(second, "/a.txt"));
        Assert.Equal("alpha", await _bench.ReadAsync(first, "/a.txt"));
        Assert.Equal(Inode(first, "dir/b.txt"), Inode(second, "dir/b.txt"));
    }

    [Fact]
    public async Task A_change_that_leaves_size_and_time_alone_is_seen()
    {
        Settle();
        using ImmutableRef first = await SyncAsync();
        Publish(first);
        string path = Path.Combine(_host, "a.txt");
        DateTime time = File.GetLastWriteTimeUtc(path);
        File.WriteAllText(path, "omega");
        File.SetLastWriteTimeUtc(path, time);

        using ImmutableRef second = await SyncAsync();

        Assert.Equal("omega", await _bench.ReadAsync(second, "/a.txt"));
    }

    [Fact]
    public async Task A_touched_file_with_equal_content_has_equal_content_digest()
    {
        using ImmutableRef first = await SyncAsync();
        Publish(first);
        Digest before = await ChecksumAsync(first);
        File.SetLastWriteTimeUtc(Path.Combine(_host, "a.txt"), new DateTime(2021, 1, 1, 0, 0, 0, DateTimeKind.Utc));

        using ImmutableRef second = await SyncAsync();
        Publish(second);

        Assert.Equal(before, await ChecksumAsync(second));
    }

    [Fact]
    public async Task A_removed_file_is_gone_and_a_file_may_become_a_directory()
    {
        Settle();
        using ImmutableRef first = await SyncAsync();
        Publish(first);
        Directory.Delete(Path.Combine(_host, "dir"), recursive: true);
        File.Delete(Path.Combine(_host, "a.txt"));
        Write("a.txt/inner", "x");

        using ImmutableRef second = await SyncAsync();

        Assert.Equal(["a.txt", "a.txt/inner", "link"], await ListAsync(second));
    }

    [Fact]
    public async Task Names_that_are_not_text_survive()
    {
        await TransferBench.RunAsync("sh", "-c", $"printf x > \"{_host}/$(printf 'bad\\377name')\"");

        using ImmutableRef first = await SyncAsync();
        Publish(first);
        using ImmutableRef second = await SyncAsync();

        Assert.Contains("bad\udcffname", await ListAsync(second));
    }

    [Fact]
    public async Task Hard_links_stay_links()
    {
        await TransferBench.RunAsync("ln", Path.Combine(_host, "a.txt"), Path.Combine(_host, "z.txt"));

        using ImmutableRef result = await SyncAsync();
        Publish(result);

        Assert.Equal(Inode(result, "a.txt"), Inode(result, "z.txt"));
    }

    [Theory]
    [InlineData("", "dir", "", "a.txt link")]
    [InlineData("", "dir !dir/deep", "", "a.txt dir dir/deep dir/deep/c.txt link")]
    [InlineData("", "**/*.txt", "", "dir dir/deep link")]
    [InlineData("dir/deep", "", "", "dir dir/deep dir/deep/c.txt")]
    [InlineData("*.txt", "", "", "a.txt")]
    [InlineData("dir", "dir/b*", "", "dir dir/deep dir/deep/c.txt")]
    [InlineData("", "", "link", "dir dir/b.txt link")]
    [InlineData("", "", "a.txt dir/deep/../deep", "a.txt dir dir/deep dir/deep/c.txt")]
    [InlineData("", "", "/", "a.txt dir dir/b.txt dir/deep dir/deep/c.txt link")]
    [InlineData("", "", "l*", "dir dir/b.txt link")]
    [InlineData("", "", "nothing", "")]
    public async Task Filters_choose_what_is_sent(string include, string exclude, string follow, string expected)
    {
        using ImmutableRef result = await SyncAsync(new()
        {
            ["local.includepattern"] = Json(include),
            ["local.excludepatterns"] = Json(exclude),
            ["local.followpaths"] = Json(follow),
        });

        Assert.Equal(expected, string.Join(' ', await ListAsync(result)));
    }

    [Fact]
    public async Task A_link_that_leads_out_stays_inside()
    {
        File.CreateSymbolicLink(Path.Combine(_host, "out"), "../../../../dir/deep");

        using ImmutableRef result = await SyncAsync(new() { ["local.followpaths"] = Json("out") });

        Assert.Equal(["dir", "dir/deep", "dir/deep/c.txt", "out"], await ListAsync(result));
    }

    [Fact]
    public async Task A_client_that_sends_a_path_out_of_the_directory_is_refused()
    {
        var session = new InProcessSession(new InProcessSessionOptions { Id = "s", Files = new Dictionary<string, ILocalFiles> { ["context"] = new WickedFiles("../evil") } });

        BuildException e = await Assert.ThrowsAsync<BuildException>(() => _bench.PullAsync("local://context", session));

        Assert.Contains("../evil", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_directory_that_nobody_offers_is_named()
    {
        BuildException e = await Assert.ThrowsAsync<ClientFaultException>(() => _bench.PullAsync("local://nothing", TransferBench.Session()));

        Assert.Equal("failed to read local source nothing: the client offers no directory of this name", e.Message);
    }

    private static string Json(string words) => "[" + string.Join(',', words.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(word => $"\"{word}\"")) + "]";

    private void Write(string path, string text)
    {
        string full = Path.Combine(_host, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, text);
    }

    /// <summary>Waits until the file system's clock has gone on, so that files written before are at rest.</summary>
    private void Settle()
    {
        long written = _files.WalkAsync(LocalFilter.All, Token).ToBlockingEnumerable(Token).Max(entry => entry.Status.ChangedNanoseconds);
        SpinWait.SpinUntil(() => (TimeProvider.System.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100 > written + 60_000_000);
    }

    private async Task<ImmutableRef> SyncAsync(Dictionary<string, string>? attributes = null) =>
        (await _bench.PullAsync("local://context", TransferBench.Session(files: new Dictionary<string, ILocalFiles> { ["context"] = _files }), attributes))!;

    /// <summary>What the solver does with the result of an op.</summary>
    private void Publish(ImmutableRef result) => result.ViewAsync(_bench.Context(TransferBench.Session()).Refs, Token).GetAwaiter().GetResult().Dispose();

    private Task<Digest> ChecksumAsync(ImmutableRef result) =>
        _bench.Cache.Checksums.ComputeAsync(result, [new ContentSelector("/", followLinks: false)], _bench.Context(TransferBench.Session()).Refs, Token);

    private ulong Inode(ImmutableRef result, string path)
    {
        using RootedTree tree = RootedTree.Open(_bench.Services.Snapshotter.ChangesDirectory(result.Layers[0].Directory!.Value));
        return tree.Status("/" + path, followLinks: false)!.Inode;
    }

    private async Task<List<string>> ListAsync(ImmutableRef result)
    {
        using SnapshotView view = await result.ViewAsync(_bench.Context(TransferBench.Session()).Refs, Token);
        using var walk = new TreeWalk(view.Tree, "/");
        walk.MoveNext();
        var paths = new List<string>();
        while (walk.MoveNext())
        {
            paths.Add(walk.Current.Path[1..]);
        }

        return paths;
    }

    private sealed class WickedFiles(string path) : ILocalFiles
    {
        public string SharedKey => "wicked";

        public string? HostDirectory => null;

        public IAsyncEnumerable<LocalEntry> WalkAsync(LocalFilter filter, CancellationToken cancellationToken) =>
            new[] { new LocalEntry(path, new FileStatus(FileKind.Regular, 0x1a4, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0), null, new Dictionary<string, byte[]>()) }.ToAsyncEnumerable();

        public Stream Open(string path) => new MemoryStream([1]);
    }
}
