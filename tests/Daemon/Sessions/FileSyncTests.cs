using System.Buffers.Binary;
using Cairn.Integration.Tests;
using Cairn.Llb;
using Cairn.Llb.Building;
using Cairn.Protos.Fsutil;
using Cairn.Rpc.Calls;
using Cairn.Rpc.Server;
using Cairn.Snapshotter.Trees;
using Cairn.Solver.Progress;
using Cairn.Solver.Sessions;
using Cairn.Wire.Files;
using Cairn.Wire.Headers;
using Cairn.Wire.Methods;
using Xunit;

namespace Cairn.Daemon.Tests.Sessions;

/// <summary>Sections 7 to 12: directories of clients come over the tunnel.</summary>
public sealed class FileSyncTests : IAsyncDisposable
{
    private readonly SolverBench _bench = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private Workspace Workspace => _bench.Sessions.Workspace;

    public ValueTask DisposeAsync() => _bench.DisposeAsync();

    [Fact]
    public async Task A_directory_arrives_as_it_is()
    {
        string source = Sample();
        var sent = new SentDirectories(("context", source));
        await using TestClient client = await OpenAsync(sent);

        string result = await _bench.BuildAsync(State.Local("context"), await SessionAsync(client), Token);

        Assert.Equal("one", await File.ReadAllTextAsync(Path.Combine(result, "a/one.txt"), Token));
        Assert.Equal(3_000_000, new FileInfo(Path.Combine(result, "big")).Length);
        Assert.Equal(await File.ReadAllBytesAsync(Path.Combine(source, "big"), Token), await File.ReadAllBytesAsync(Path.Combine(result, "big"), Token));
        Assert.Equal("a/one.txt", new FileInfo(Path.Combine(result, "link")).LinkTarget);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.Combine(result, "script")));
        Assert.Equal(DateTime.UnixEpoch.AddSeconds(1_000_000_000), File.GetLastWriteTimeUtc(Path.Combine(result, "a/one.txt")));
        Assert.Equal(DateTime.UnixEpoch.AddSeconds(1_100_000_000), Directory.GetLastWriteTimeUtc(Path.Combine(result, "a")));
        Assert.Equal(0, new FileInfo(Path.Combine(result, "empty")).Length);
        Assert.Equal("one", await File.ReadAllTextAsync(Path.Combine(result, "z-same"), Token));
        Assert.Contains(_bench.Events.OfType<StatusEvent>(), status => status.ToString().Contains("transferring context:", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Only_what_changed_travels_again()
    {
        string source = Sample();
        var sent = new SentDirectories(("context", source));
        await using TestClient first = await OpenAsync(sent, sharedKey: "dir");
        await _bench.BuildAsync(State.Local("context"), await SessionAsync(first), Token);
        Assert.NotEmpty(sent.Read);

        sent.Read.Clear();
        await using TestClient second = await OpenAsync(sent, sharedKey: "dir");
        await _bench.BuildAsync(State.Local("context"), await SessionAsync(second), Token);
        Assert.Empty(sent.Read);

        File.WriteAllText(Path.Combine(source, "a/two.txt"), "changed");
        File.Delete(Path.Combine(source, "empty"));
        string result = await _bench.BuildAsync(State.Local("context"), await SessionAsync(second), Token);
        Assert.Equal(["a/two.txt"], sent.Read);
        Assert.Equal("changed", await File.ReadAllTextAsync(Path.Combine(result, "a/two.txt"), Token));
        Assert.Equal("one", await File.ReadAllTextAsync(Path.Combine(result, "a/one.txt"), Token));
        Assert.False(File.Exists(Path.Combine(result, "empty")));

        sent.Read.Clear();
        await using TestClient other = await OpenAsync(sent, sharedKey: "elsewhere");
        await _bench.BuildAsync(State.Local("context"), await SessionAsync(other), Token);
        Assert.Contains("big", sent.Read);   // another shared key starts afresh
    }

    [Fact]
    public async Task Without_a_differ_every_file_travels_again()
    {
        var sent = new SentDirectories(("context", Sample()));
        await using TestClient client = await OpenAsync(sent);
        State state = State.Local("context", new LocalOptions { Differ = "none", SessionId = client.Id });
        await _bench.BuildAsync(state, await SessionAsync(client), Token);
        string[] all = [.. sent.Read.Order(StringComparer.Ordinal)];

        sent.Read.Clear();
        await _bench.BuildAsync(state, await SessionAsync(client), Token);

        Assert.Equal(all, sent.Read.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Patterns_travel_in_order_and_encoded_only_where_they_must_be()
    {
        Workspace.Write("src/grün/a b.txt", "x");
        Workspace.Write("src/plain", "y");
        var sent = new SentDirectories(("context", Workspace.In("src")));
        await using TestClient client = await OpenAsync(sent);
        var options = new LocalOptions { IncludePatterns = ["grün", "a%b"], ExcludePatterns = ["one", "!two", "one"], FollowPaths = ["plain"] };

        string result = await _bench.BuildAsync(State.Local("context", options), await SessionAsync(client), Token);

        Assert.Equal("x", await File.ReadAllTextAsync(Path.Combine(result, "grün/a b.txt"), Token));
        Assert.Equal(["gr%C3%BCn", "a%25b"], sent.Headers!.FindAll(HeaderNames.IncludePatterns));
        Assert.Equal("1", sent.Headers.Find(HeaderNames.IncludePatterns + "-encoded"));
        Assert.Equal(["one", "!two", "one"], sent.Headers.FindAll(HeaderNames.ExcludePatterns));
        Assert.Null(sent.Headers.Find(HeaderNames.ExcludePatterns + "-encoded"));
        Assert.Equal(["plain"], sent.Headers.FindAll(HeaderNames.FollowPaths));
    }

    [Fact]
    public async Task A_directory_that_one_client_lacks_is_taken_from_another()
    {
        Workspace.Write("src/file", "here");
        var lacking = new SentDirectories();
        var sent = new SentDirectories(("context", Workspace.In("src")));
        await using TestClient without = await OpenAsync(lacking);
        await using TestClient with = await OpenAsync(sent);

        string result = await _bench.BuildAsync(
            State.Local("context", new LocalOptions { SessionId = without.Id }), await SessionAsync(with), Token);

        Assert.Equal(1, lacking.Transfers);
        Assert.Equal("here", await File.ReadAllTextAsync(Path.Combine(result, "file"), Token));
    }

    [Fact]
    public async Task A_directory_that_nobody_has_fails_the_build()
    {
        await using TestClient client = await OpenAsync(new SentDirectories());

        BuildException e = await Assert.ThrowsAnyAsync<BuildException>(async () =>
            await _bench.BuildAsync(State.Local("context"), await SessionAsync(client), Token));

        Assert.Contains("context", e.Message, StringComparison.Ordinal);
        Assert.Contains("the client offers no directory of this name", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_prefix_of_the_session_names_the_directory_too()
    {
        Workspace.Write("src/file", "prefixed");
        var sent = new SentDirectories(("stage-context", Workspace.In("src")));
        await using TestClient client = await OpenAsync(sent);

        string result = await _bench.BuildAsync(
            State.Local("context", new LocalOptions { SessionId = "stage:" + client.Id }), await SessionAsync(client), Token);

        Assert.Equal("prefixed", await File.ReadAllTextAsync(Path.Combine(result, "file"), Token));
    }

    [Fact]
    public async Task A_session_that_no_build_names_serves_its_directory_and_may_come_later()
    {
        Workspace.Write("src/file", "shared");
        var sent = new SentDirectories(("context", Workspace.In("src")));
        await using TestClient own = await OpenAsync(new SentDirectories());
        ISession session = await SessionAsync(own);

        Task<string> building = Task.Run(() => _bench.BuildAsync(State.Local("context", new LocalOptions { SessionId = "bake" }), session, Token), Token);
        await using TestClient shared = await OpenAsync(sent, id: "bake");
        string result = await building;

        Assert.Equal("shared", await File.ReadAllTextAsync(Path.Combine(result, "file"), Token));
    }

    [Fact]
    public async Task Metadata_alone_travels_but_for_the_exceptions()
    {
        string source = Sample();
        Workspace.Write("src/.fsutil-metadata", "ignored");
        var sent = new SentDirectories(("context", source));
        await using TestClient client = await OpenAsync(sent);
        State state = State.Local("context", new LocalOptions { MetadataOnly = true, MetadataOnlyExceptions = ["a/two.txt"] });

        string result = await _bench.BuildAsync(state, await SessionAsync(client), Token);

        Assert.Equal(["a/two.txt"], sent.Read);
        Assert.Equal(
            [".fsutil-metadata", "a", "a/two.txt"],
            Directory.EnumerateFileSystemEntries(result, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(result, path)).Order(StringComparer.Ordinal));
        List<Stat> list = ReadList(await File.ReadAllBytesAsync(Path.Combine(result, ".fsutil-metadata"), Token));
        Assert.Equal(["a", "a/one.txt", "a/two.txt", "big", "empty", "link", "script", "z-same"], list.Select(stat => stat.Path));
        Assert.Equal(3_000_000, list.Single(stat => stat.Path == "big").Size);
        Assert.Equal("a/one.txt", list.Single(stat => stat.Path == "z-same").Linkname);
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead,
            File.GetUnixFileMode(Path.Combine(result, ".fsutil-metadata")));
    }

    [Fact]
    public async Task A_client_without_directories_says_so()
    {
        await using TestClient client = await _bench.Sessions.OpenAsync(null, Token);

        BuildException e = await Assert.ThrowsAnyAsync<BuildException>(async () =>
            await _bench.BuildAsync(State.Local("context"), await SessionAsync(client), Token));

        Assert.Contains("offers no directory", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_vanishes_during_a_transfer_fails_the_build_with_the_cause()
    {
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using TestClient client = await OpenAsync(async (packets, token) =>
        {
            await packets.WriteAsync(FilePacket.Entry(new Stat { Path = "file", Mode = 0x1a4, Size = 10 }), token);
            await packets.WriteAsync(FilePacket.Content(0, new byte[5]), token);
            begun.SetResult();
            await Task.Delay(Timeout.Infinite, token);
        });
        Task<string> building = _bench.BuildAsync(State.Local("context"), await SessionAsync(client), Token);
        await begun.Task;

        await client.VanishAsync();

        BuildException e = await Assert.ThrowsAnyAsync<BuildException>(() => building);
        Assert.Contains($"the session {client.Id} of the client has ended", e.Message, StringComparison.Ordinal);
        await _bench.NothingIsLeftAsync(Token);
    }

    [Fact]
    public async Task The_loss_of_a_client_fails_its_build_alone_and_another_client_serves_the_rest()
    {
        Workspace.Write("src/file", "of the other");
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using TestClient lost = await OpenAsync(async (_, token) =>
        {
            begun.SetResult();
            await Task.Delay(Timeout.Infinite, token);
        });
        await using TestClient other = await OpenAsync(new SentDirectories(("context", Workspace.In("src"))));
        State same = State.Local("context");   // one vertex of both builds
        Task<string> failing = _bench.BuildAsync(same, await SessionAsync(lost), Token);
        await begun.Task;
        Task<string> living = _bench.BuildAsync(same, await SessionAsync(other), Token);

        await lost.VanishAsync();

        BuildException e = await Assert.ThrowsAnyAsync<BuildException>(() => failing);
        Assert.Contains($"the session {lost.Id} of the client has ended", e.Message, StringComparison.Ordinal);
        Assert.Equal("of the other", await File.ReadAllTextAsync(Path.Combine(await living, "file"), Token));
    }

    [Fact]
    public async Task A_build_that_is_given_up_ends_although_its_client_sends_nothing()
    {
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using TestClient client = await OpenAsync(async (_, token) =>
        {
            asked.SetResult();
            await Task.Delay(Timeout.Infinite, token);
        });
        using var stop = new CancellationTokenSource();
        Task<string> building = _bench.BuildAsync(State.Local("context"), await SessionAsync(client), stop.Token);
        await asked.Task;

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => building);
    }

    [Fact]
    public async Task What_a_sender_says_of_its_failure_is_told()
    {
        await using TestClient client = await OpenAsync(async (packets, token) =>
            await packets.WriteAsync(FilePacket.Failure("the disk has gone"), token));

        BuildException e = await Assert.ThrowsAnyAsync<BuildException>(async () =>
            await _bench.BuildAsync(State.Local("context"), await SessionAsync(client), Token));

        Assert.Contains("error from sender: the disk has gone", e.Message, StringComparison.Ordinal);
    }

    public static TheoryData<string, string> Hostile => new()
    {
        { "../evil", "out of order" },
        { "..", "invalid path" },
        { "a/../../evil", "out of order" },
        { "/etc/passwd", "invalid path" },
        { "", "invalid path" },
        { "nowhere/file", "out of order" },
        { "b|a", "out of order" },
        { "a|a", "out of order" },
        { "x=>nothing", "to unknown path: nothing" },
        { "s->/etc|s/file", "out of order" },
        { "data:7", "nobody asked for" },
        { "d/|data:0", "nobody asked for" },
        { "f|data:0|end:0|data:0", "nobody asked for" },
        { "f|list|g", "after the end of the list" },
        { "fin", "not its turn" },
        { "req", "not its turn" },
        { "f", "ended before everything was sent" },
        { "list", "ended before everything was sent" },
        { "irregular!", "names no kind of file" },
    };

    [Theory]
    [MemberData(nameof(Hostile))]
    public async Task A_hostile_sender_is_refused_and_leaves_nothing_behind(string script, string reason)
    {
        await using TestClient client = await OpenAsync(async (packets, token) =>
        {
            foreach (string step in script.Split('|'))
            {
                await packets.WriteAsync(Packet(step), token);
            }
        });

        BuildException e = await Assert.ThrowsAnyAsync<BuildException>(async () =>
            await _bench.BuildAsync(State.Local("context"), await SessionAsync(client), Token));

        Assert.Contains(reason, e.Message, StringComparison.Ordinal);
        await _bench.NothingIsLeftAsync(Token);
    }

    [Fact]
    public async Task Random_packets_never_harm_the_daemon()
    {
        int seed = Environment.TickCount;
        TestContext.Current.TestOutputHelper!.WriteLine($"seed {seed}");
        var random = new Random(seed);
        string[] words =
        [
            "a/", "a/b", "a/b", "b", "../x", "c->a", "c/d", "d=>a/b", "list", "fin", "req", "data:0", "data:1", "end:0", "end:1", "error", "/", "irregular!", "big/",
        ];
        for (int round = 0; round < 60; round++)
        {
            string[] steps = [.. Enumerable.Range(0, random.Next(1, 12)).Select(_ => words[random.Next(words.Length)])];
            await using TestClient client = await OpenAsync(async (packets, token) =>
            {
                foreach (string step in steps)
                {
                    await packets.WriteAsync(Packet(step), token);
                }
            });
            ISession session = await SessionAsync(client);
            await Assert.ThrowsAnyAsync<BuildException>(() => _bench.BuildAsync(State.Local("context"), session, Token));
        }

        await _bench.NothingIsLeftAsync(Token);
        Workspace.Write("src/file", "sound");
        await using TestClient good = await OpenAsync(new SentDirectories(("context", Workspace.In("src"))));
        string result = await _bench.BuildAsync(State.Local("context"), await SessionAsync(good), Token);
        Assert.Equal("sound", await File.ReadAllTextAsync(Path.Combine(result, "file"), Token));
    }

    private static FilePacket Packet(string step) => step switch
    {
        "list" => FilePacket.Entry(null),
        "fin" => FilePacket.Finish(),
        "req" => FilePacket.Request(0),
        "error" => FilePacket.Failure("no more"),
        _ when step.StartsWith("data:", StringComparison.Ordinal) => FilePacket.Content(uint.Parse(step[5..]), new byte[100]),
        _ when step.StartsWith("end:", StringComparison.Ordinal) => FilePacket.Content(uint.Parse(step[4..]), default),
        _ when step.EndsWith('!') => FilePacket.Entry(new Stat { Path = step[..^1], Mode = 1u << 19 }),
        _ when step.Contains("->", StringComparison.Ordinal) => FilePacket.Entry(
            new Stat { Path = step[..step.IndexOf('-', StringComparison.Ordinal)], Mode = (1u << 27) | 0x1ff, Linkname = step[(step.IndexOf('>', StringComparison.Ordinal) + 1)..] }),
        _ when step.Contains("=>", StringComparison.Ordinal) => FilePacket.Entry(
            new Stat { Path = step[..step.IndexOf('=', StringComparison.Ordinal)], Mode = 0x1a4, Linkname = step[(step.IndexOf('>', StringComparison.Ordinal) + 1)..] }),
        _ when step.EndsWith('/') && step.Length > 1 => FilePacket.Entry(new Stat { Path = step[..^1], Mode = (1u << 31) | 0x1ed }),
        _ => FilePacket.Entry(new Stat { Path = step, Mode = 0x1a4, Size = 100 }),
    };

    private static List<Stat> ReadList(byte[] bytes)
    {
        var list = new List<Stat>();
        for (int at = 0; at < bytes.Length;)
        {
            int length = BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(at));
            list.Add(Stat.Parser.ParseFrom(bytes.AsSpan(at + 4, length)));
            at += 4 + length;
        }

        return list;
    }

    private string Sample()
    {
        string source = Workspace.In("src");
        Workspace.Write("src/a/one.txt", "one");
        Workspace.Write("src/a/two.txt", "two");
        Workspace.Write("src/empty", "");
        Workspace.Write("src/script", "#!/bin/sh\n");
        byte[] big = new byte[3_000_000];
        new Random(1).NextBytes(big);
        File.WriteAllBytes(Path.Combine(source, "big"), big);
        File.SetUnixFileMode(Path.Combine(source, "script"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.CreateSymbolicLink(Path.Combine(source, "link"), "a/one.txt");
        using (RootedTree tree = RootedTree.Open(source))
        {
            tree.MakeHardLink("/z-same", "/a/one.txt");
        }

        File.SetLastWriteTimeUtc(Path.Combine(source, "a/one.txt"), DateTime.UnixEpoch.AddSeconds(1_000_000_000));
        Directory.SetLastWriteTimeUtc(Path.Combine(source, "a"), DateTime.UnixEpoch.AddSeconds(1_100_000_000));
        return source;
    }

    private Task<TestClient> OpenAsync(SentDirectories sent, string? id = null, string sharedKey = "") =>
        _bench.Sessions.OpenAsync(sent.Services, Token, id, sharedKey);

    /// <summary>A client whose every directory is this series of packets.</summary>
    private Task<TestClient> OpenAsync(Func<MessageSink<FilePacket>, CancellationToken, Task> send)
    {
        var services = new RpcServices();
        services.AddDuplex(FileSyncMethods.DiffCopy, (_, packets, _, token) => send(packets, token));
        return _bench.Sessions.OpenAsync(services, Token);
    }

    private async Task<ISession> SessionAsync(TestClient client) => await _bench.Sessions.FindAsync(client, Token);
}
