using System.Text.Json;
using Xunit;

namespace Cairn.Integration.Tests;

/// <summary>`cairn store verify` tells every kind of damage, and after `cairn store repair` the store is sound and builds.</summary>
public sealed class StoreCheckTests : IDisposable
{
    private const string Dockerfile = """
        FROM scratch
        COPY busybox /bin/sh
        RUN mkdir d && echo one > d/one && chmod 700 d && echo two > d/two
        RUN echo three > /three
        """;

    private readonly Workspace _workspace = new();

    public void Dispose() => _workspace.Dispose();

    [Theory]
    [InlineData("bit flip in a blob", "f=$(ls -S blobs/sha256/* | tail -1); printf '\\377' | dd of=$f bs=1 seek=60 conv=notrunc status=none", "damaged-blob", "rebuilt")]
    [InlineData("missing blob", "rm $(ls -S blobs/sha256/* | tail -1)", "missing-blob", "rebuilt")]
    [InlineData("cut blob", "truncate -s -1 $(ls -S blobs/sha256/* | tail -1)", "damaged-blob", "rebuilt")]
    [InlineData("bit flip in a layer", "f=$(find layers -name two); t=$(stat -c %y $f); printf X | dd of=$f bs=1 conv=notrunc status=none; touch -d \"$t\" $f", "damaged-layer", "rebuilt")]
    [InlineData("changed mode", "chmod 711 $(find layers -name d)", "damaged-layer", "rebuilt")]
    [InlineData("changed attribute", "setfattr -n user.x -v 1 $(find layers -name two)", "damaged-layer", "rebuilt")]
    [InlineData("extra file", "touch $(dirname $(find layers -name two))/more", "damaged-layer", "rebuilt")]
    [InlineData("missing file", "rm $(find layers -name two)", "damaged-layer", "rebuilt")]
    [InlineData("missing layer", "rm -r $(dirname $(dirname $(dirname $(find layers -name two))))", "missing-layer", "rebuilt")]
    [InlineData("damaged manifest", "printf x >> $(dirname $(dirname $(dirname $(find layers -name two))))/manifest", "damaged-manifest", "rebuilt")]
    [InlineData("garbage", "mkdir -p layers/99/fs; touch blobs/sha256/00", "nameless", "removed")]
    [InlineData("layer and blob", "rm -r layers/*/fs/d; rm blobs/sha256/*", "damaged-layer", "dropped")]
    [InlineData("garbage in the log", "dd if=/dev/urandom of=cairn.db-wal bs=4096 seek=2 count=20 conv=notrunc status=none", "nameless", "removed")]
    [InlineData("database of zeros", "rm cairn.db-wal cairn.db-shm; dd if=/dev/zero of=cairn.db bs=4096 count=30 status=none", "damaged-index", "reset")]
    [InlineData("truncated database", "rm cairn.db-wal cairn.db-shm; truncate -s 20 cairn.db", "damaged-index", "reset")]
    public async Task Damage_is_told_and_mended(string name, string damage, string kind, string did)
    {
        string context = _workspace.Context("context", Dockerfile);
        string[] build = ["-o", "type=oci,dest=" + _workspace.In("image.tar"), context];
        (await _workspace.BuildAsync(build)).Succeeded();
        (await VerifyAsync()).Succeeded();
        (await CairnProgram.RunAsync(new Invocation("/bin/bash", ["-euc", damage]) { Directory = _workspace.Root })).Succeeded();

        using JsonDocument found = JsonDocument.Parse((await VerifyAsync("--format", "json")).FailedWith(1).Output);
        Assert.False(found.RootElement.GetProperty("sound").GetBoolean());
        Assert.Contains(kind, Values(found, "findings", "kind"));
        using JsonDocument mended = JsonDocument.Parse((await RepairAsync("--format", "json")).Succeeded().Output);
        Assert.Contains(did, Values(mended, "steps", "did"));
        Finished after = (await VerifyAsync("--format", "json")).Succeeded();
        using JsonDocument sound = JsonDocument.Parse(after.Output);
        Assert.True(Values(sound, "findings", "kind").Count == 0, name + ": " + after.Output);

        string tree = _workspace.In("tree");
        Finished built = (await _workspace.BuildAsync("-o", tree, context)).Succeeded();
        Assert.Equal("two\n", await File.ReadAllTextAsync(Path.Combine(tree, "d", "two"), TestContext.Current.CancellationToken));
        bool isCached = built.Steps().Values.Count(state => state == "CACHED") >= 3;
        Assert.Equal(did == "rebuilt" || name == "garbage", isCached);
        (await VerifyAsync()).Succeeded();
    }

    [Fact]
    public async Task A_damaged_index_stops_a_build_with_the_remedy()
    {
        string context = _workspace.Context("context", Dockerfile);
        Directory.CreateDirectory(_workspace.Root);
        await File.WriteAllTextAsync(Path.Combine(_workspace.Root, "cairn.db"), new string('x', 5000), TestContext.Current.CancellationToken);

        Finished build = (await _workspace.BuildAsync(context)).FailedWith(1);
        Assert.Contains("cairn store repair", build.Error, StringComparison.Ordinal);
        Assert.Contains("reset the index", (await RepairAsync()).Succeeded().Output, StringComparison.Ordinal);
        (await _workspace.BuildAsync(context)).Succeeded();
    }

    [Fact]
    public async Task Verify_says_in_words_what_it_looked_at()
    {
        string context = _workspace.Context("context", Dockerfile);
        (await _workspace.BuildAsync("-o", "type=oci,dest=" + _workspace.In("image.tar"), context)).Succeeded();

        Finished first = (await VerifyAsync()).Succeeded();
        Assert.Contains("were recorded for the first time, 3 of them proven by a diff ID.", first.Output, StringComparison.Ordinal);
        Finished second = (await VerifyAsync()).Succeeded();
        Assert.DoesNotContain("recorded", second.Output, StringComparison.Ordinal);
        Assert.Contains("The store is sound.", second.Output, StringComparison.Ordinal);
        Assert.Contains("There was nothing to mend.", (await RepairAsync()).Succeeded().Output, StringComparison.Ordinal);
    }

    private static List<string> Values(JsonDocument document, string list, string property) =>
        [.. document.RootElement.GetProperty(list).EnumerateArray().Select(item => item.GetProperty(property).GetString()!)];

    private Task<Finished> VerifyAsync(params string[] flags) => CairnProgram.RunAsync(["store", "verify", "--root", _workspace.Root, .. flags]);

    private Task<Finished> RepairAsync(params string[] flags) => CairnProgram.RunAsync(["store", "repair", "--root", _workspace.Root, .. flags]);
}
