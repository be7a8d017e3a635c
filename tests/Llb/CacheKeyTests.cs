using System.Text;
using System.Text.Json;
using Cairn.Llb.Building;
using Cairn.Llb.CacheKeys;
using Cairn.Llb.Graphs;
using Cairn.Protos.Pb;
using Xunit;

namespace Cairn.Llb.Tests;

public class CacheKeyTests
{
    private static readonly string[] Shell = ["/bin/sh", "-c"];
    private static readonly MarshalOptions Linux = new() { Platform = Platform.Parse("linux/amd64") };

    [Fact]
    public void Runs_have_the_keys_of_caches_that_others_export()
    {
        // tests/golden/caches/src/Dockerfile.run
        State image = State.Image("127.0.0.1:5000/library/busybox:latest").WithEnv("PATH", "/bin");
        State first = image.Run([.. Shell, "echo first > /first"]);
        State second = first.Run(new RunOptions
        {
            Arguments = [.. Shell, "echo second > /second"],
            Mounts = [RunMount.CacheDirectory("/c", "//c")],
        }).Root;

        Assert.Contains(Record(first), ExportedRecords("run-local-max"));
        Assert.Contains(Record(second), ExportedRecords("run-local-max"));
    }

    [Fact]
    public void File_operations_and_merges_have_the_keys_of_caches_that_others_export()
    {
        // tests/golden/caches/src/Dockerfile
        State context = State.Local("context");
        State a = CopyLikeDockerfile(State.Scratch, context, "/a.txt", "/one/");
        State one = CopyLikeDockerfile(a, context, "/dir", "/one/dir/");
        State two = CopyLikeDockerfile(CopyLikeDockerfile(State.Scratch, context, "/b.txt", "/two/"), one, "/one/a.txt", "/two/from-one");
        State final = CopyLikeDockerfile(State.Scratch, two, "/two", "/final");
        State linked = CopyLikeDockerfile(State.Scratch, one, "/one/dir", "/linked");

        HashSet<string> records = ExportedRecords("local-max");

        Assert.All([a, one, two, final, linked, State.Merge(final, linked)], state => Assert.Contains(Record(state), records));
    }

    [Fact]
    public void What_does_not_matter_to_a_run_is_not_in_its_key()
    {
        var run = new RunOptions { Arguments = ["true"], Mounts = [RunMount.CacheDirectory("/c", "one", CacheSharingOpt.Locked)] };
        Digest key = Key(State.Image("busybox").WithExtraHost("a", "10.0.0.1").Run(run).Root);

        Assert.Equal(key, Key(State.Image("alpine").WithExtraHost("a", "10.0.0.2").Run(run with
        {
            Proxy = new ProxyEnv { HttpProxy = "http://p" },
            Mounts = [RunMount.CacheDirectory("/c", "two")],
        }).Root));
        Assert.NotEqual(key, Key(State.Image("busybox").WithExtraHost("b", "10.0.0.1").Run(run).Root));
    }

    [Theory]
    [InlineData("/c", true)]
    [InlineData("namespace//c", true)]
    [InlineData("c", false)]
    public void The_usual_name_of_a_cache_directory_stays_in_the_key(string id, bool stays)
    {
        State run = State.Image("busybox").Run(new RunOptions { Arguments = ["x"], Mounts = [RunMount.CacheDirectory("/c", id)] }).Root;

        Assert.Equal(stays, Document(run).Contains($"\"cacheOpt\":{{\"ID\":\"{id}\"}}", StringComparison.Ordinal));
        Assert.NotEqual(stays, Document(run).Contains("\"cacheOpt\":{}", StringComparison.Ordinal));
    }

    [Fact]
    public void Documents_are_written_in_the_order_of_the_schema()
    {
        State root = State.Image("busybox");
        Assert.Equal(
            """{"Type":"buildkit.exec.v0","Exec":{"meta":{"args":["echo","\u003ca\u0026b\u003e\"\\\n"],"cwd":"/","removeMountStubsRecursive":true}},"OS":"linux","Arch":"arm","Variant":"v7"}""",
            Document(root.WithPlatform(Platform.Parse("linux/arm/v7")).Run("echo", "<a&b>\"\\\n")));
        Assert.Equal("""{"Type":"buildkit.merge.v0","Merge":{"inputs":[{},{"input":1}]}}""", Document(State.Merge(root, State.Image("alpine"))));
        Assert.Equal("""{"Type":"buildkit.diff.v0","Diff":{"lower":{},"upper":{"input":-1}}}""", Document(State.Diff(root, State.Scratch)));
        Assert.Equal(
            """{"Type":"buildkit.passthrough.v0","Passthrough":{"id":"x","outputs":[0]}}""", Document(root.Requires("x", State.Image("alpine"))));
        Assert.Equal(
            """{"path":"/a","mode":493,"owner":{"user":{"User":{"byName":{"name":"u"}}},"group":{"User":{}}},"timestamp":-1}""",
            Encoding.UTF8.GetString(Convert.FromBase64String(JsonDocument.Parse(Document(root.File(
                FileActions.None.MakeDirectory("/a", 493, owner: FileOwner.Parse("u:0"))))).RootElement.GetProperty("Actions")[0].GetString()!)));
    }

    [Fact]
    public void Indexes_of_file_actions_are_written_only_when_they_are_unusual()
    {
        FileActions chain = FileActions.None.MakeDirectory("/a", 1).MakeDirectory("/b", 1);

        // as many inputs as actions, each action on the result of the one before
        State usual = State.Image("busybox").File(FileActions.None.MakeDirectory("/a", 1).Copy(State.Image("alpine"), "/x", "/x"));

        Assert.DoesNotContain("indexes", Document(usual), StringComparison.Ordinal);
        Assert.EndsWith("""],"indexes":[[-1,-1,-1],[0,-1,0]]}""", Document(State.Scratch.File(chain)), StringComparison.Ordinal);
    }

    private static State CopyLikeDockerfile(State on, State from, string source, string destination) =>
        on.File(FileActions.None.Copy(from, source, destination, new CopyOptions
        {
            FollowSymlinks = true,
            CopyDirectoryContents = true,
            CreateDestinationPath = true,
            AllowWildcard = true,
            AllowEmptyWildcard = true,
        }));

    private static Vertex Head(State state) => LlbGraph.Load(state.Marshal(Linux)).Terminal!.Value.Vertex;

    private static string Document(State state) => CacheKeyJson.Document(Head(state));

    private static Digest Key(State state) => CacheKeyJson.Key(Head(state));

    private static string Record(State state) => Digest.Sha256(Encoding.ASCII.GetBytes($"{Key(state)}@0")).ToString();

    private static HashSet<string> ExportedRecords(string cache) =>
        [.. Golden.Caches().GetProperty(cache).GetProperty("records").EnumerateArray().Select(record => record.GetProperty("digest").GetString()!)];
}
