using System.Text.Json.Nodes;
using Cairn.Cache.Refs;
using Cairn.Llb;
using Cairn.Solver.Sessions;
using Cairn.Solver.Sources;
using Xunit;

namespace Cairn.Solver.Tests.Transfer;

/// <summary>Images through a real registry.</summary>
public sealed class ImageTransferTests(RegistryProcess registry) : IClassFixture<RegistryProcess>, IAsyncDisposable
{
    private readonly TransferBench _bench = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _bench.DisposeAsync();

    [Fact]
    public async Task A_pushed_image_is_seen_by_other_tools_and_pulled_lazily()
    {
        using ImmutableRef image = _bench.Sample();
        IReadOnlyDictionary<string, string> response = await PushAsync("lazy:v1", image);
        await using var other = new TransferBench();

        JsonNode shown = JsonNode.Parse(await TransferBench.RunAsync("skopeo", "inspect", "--tls-verify=false", $"docker://{registry.Host}/lazy:v1"))!;
        using ImmutableRef pulled = (await other.PullAsync($"docker-image://{registry.Host}/lazy:v1", TransferBench.Session()))!;

        Assert.Equal(response["containerimage.digest"], (string)shown["Digest"]!);
        Assert.False(pulled.IsLocal);
        Assert.DoesNotContain(other.Progress.Items, item => item.StartsWith("downloading", StringComparison.Ordinal));
        Assert.Equal("hello\n", await other.ReadAsync(pulled, "/etc/greeting"));
        Assert.Contains(other.Progress.Items, item => item.StartsWith("downloading", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_lazy_image_is_pushed_elsewhere_on_its_registry_without_moving_bytes_or_recompressing()
    {
        using ImmutableRef image = _bench.Sample();
        IReadOnlyDictionary<string, string> first = await PushAsync("origin:v1", image);
        await using var other = new TransferBench();
        using ImmutableRef pulled = (await other.PullAsync($"docker-image://{registry.Host}/origin:v1", TransferBench.Session()))!;
        ResolvedImageConfig config = await other.Services.Images.ResolveAsync(
            new ImageConfigRequest($"{registry.Host}/origin:v1"), other.Context(TransferBench.Session()).Sessions, other.Cache, other.Progress, Token);

        IReadOnlyDictionary<string, string> second = await other.ExportAsync(
            "image", TransferBench.Session(), pulled, new() { ["name"] = $"{registry.Host}/copy:v1", ["push"] = "true", ["compression"] = "zstd" }, config.Config);

        Assert.False(pulled.IsLocal);
        Assert.DoesNotContain(other.Progress.Items, item => item.StartsWith("downloading", StringComparison.Ordinal));
        Assert.Equal(first["containerimage.digest"], second["containerimage.digest"]);
    }

    [Fact]
    public async Task An_image_pulled_and_exported_to_an_archive_keeps_its_layers()
    {
        using ImmutableRef image = _bench.Sample();
        await PushAsync("again:v1", image);
        await using var other = new TransferBench();
        using ImmutableRef pulled = (await other.PullAsync($"docker-image://{registry.Host}/again:v1", TransferBench.Session()))!;
        using ImmutableRef changed = other.Layer(pulled, tree => tree.WriteFile("/new", "new"u8, 0x1a4, null, null));

        await other.ExportAsync("oci", TransferBench.Session(other["image.tar"]), changed, new() { ["name"] = "app:v1" });

        string[] before = await LayersAsync($"docker://{registry.Host}/again:v1");
        string[] after = await LayersAsync($"oci-archive:{other["image.tar"]}:v1");
        Assert.Equal(before, after[..1]);
        Assert.Equal(2, after.Length);
    }

    [Fact]
    public async Task Push_by_digest_leaves_no_tag()
    {
        using ImmutableRef image = _bench.Sample();

        IReadOnlyDictionary<string, string> response = await PushAsync("untagged", image, ("push-by-digest", "true"));

        await TransferBench.RunAsync("skopeo", "inspect", "--no-tags", "--tls-verify=false", $"docker://{registry.Host}/untagged@{response["containerimage.digest"]}");
        BuildException e = await Assert.ThrowsAsync<BuildException>(() => _bench.PullAsync($"docker-image://{registry.Host}/untagged:latest", TransferBench.Session()));
        Assert.Contains("not found", e.Message, StringComparison.Ordinal);
        BuildException tagged = await Assert.ThrowsAsync<BuildException>(() => PushAsync("untagged:v1", image, ("push-by-digest", "true")));
        Assert.Equal($"can't push tagged ref {registry.Host}/untagged:v1 by digest", tagged.Message);
    }

    [Fact]
    public async Task Each_platform_gets_its_image_of_an_index()
    {
        using ImmutableRef amd64 = _bench.Sample(text: "amd64");
        using ImmutableRef arm64 = _bench.Sample(text: "arm64");
        await _bench.ExportAsync(
            "image",
            TransferBench.Session(),
            [new("linux/amd64", Platform.Parse("linux/amd64"), amd64, null, null), new("linux/arm64", Platform.Parse("linux/arm64"), arm64, null, null)],
            new() { ["name"] = $"{registry.Host}/multi:v1,{registry.Host}/multi:v2", ["push"] = "true" });

        using ImmutableRef pulled = (await _bench.Source($"docker-image://{registry.Host}/multi:v2", platform: Platform.Parse("linux/arm64"))
            .SnapshotAsync(_bench.Context(TransferBench.Session()), Token))!;
        BuildException e = await Assert.ThrowsAsync<BuildException>(() => _bench.Source($"docker-image://{registry.Host}/multi:v1", platform: Platform.Parse("linux/s390x"))
            .SnapshotAsync(_bench.Context(TransferBench.Session()), Token));

        Assert.Equal("arm64", await _bench.ReadAsync(pulled, "/etc/greeting"));
        Assert.Contains("no match for platform linux/s390x", e.Message, StringComparison.Ordinal);
        Assert.Contains("linux/amd64, linux/arm64", e.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keys_follow_the_manifest_and_then_the_layers()
    {
        using ImmutableRef image = _bench.Sample();
        string digest = (await PushAsync("keys:v1", image))["containerimage.digest"];
        ISourceInstance source = _bench.Source($"docker-image://{registry.Host}/keys:v1", platform: Platform.Parse("linux/amd64"));

        SourceKey first = await source.KeyAsync(_bench.Context(TransferBench.Session()), 0, Token);
        SourceKey second = await source.KeyAsync(_bench.Context(TransferBench.Session()), 1, Token);

        Assert.Equal(Digest.Sha256(System.Text.Encoding.UTF8.GetBytes($$"""{"Digest":"{{digest}}","OS":"linux","Arch":"amd64"}""")).ToString(), first.Key);
        Assert.Equal((digest, true), (first.Pin, first.HasMore));
        Assert.False(second.HasMore);
        using ImmutableRef pulled = (await source.SnapshotAsync(_bench.Context(TransferBench.Session()), Token))!;
        Assert.Equal(pulled.KnownDiffIds()![0].ToString(), second.Key);   // of one layer, chain id and diff id are the same
    }

    [Fact]
    public async Task A_pinned_image_that_is_known_needs_no_registry()
    {
        using ImmutableRef image = _bench.Sample();
        string digest = (await PushAsync("pinned:v1", image))["containerimage.digest"];
        string identifier = $"docker-image://{registry.Host}/pinned@{digest}";
        using ImmutableRef first = (await _bench.PullAsync(identifier, TransferBench.Session()))!;
        using var client = new Registry.RegistryClient(new Registry.RegistryOptions());
        client.Dispose();   // whatever asks a registry from here on fails

        ISourceInstance source = new ImageSource(client).Open(new Protos.Pb.SourceOp { Identifier = identifier }, null);
        SourceKey key = await source.KeyAsync(_bench.Context(TransferBench.Session()), 1, Token);
        using ImmutableRef second = (await source.SnapshotAsync(_bench.Context(TransferBench.Session()), Token))!;

        Assert.Equal(digest, key.Pin);
        Assert.Equal(first.Id, second.Id);
    }

    [Fact]
    public async Task A_wrong_checksum_and_a_layer_limit_too_high_are_refused()
    {
        using ImmutableRef image = _bench.Sample();
        await PushAsync("checked:v1", image);
        string identifier = $"docker-image://{registry.Host}/checked:v1";

        BuildException checksum = await Assert.ThrowsAsync<BuildException>(() =>
            _bench.PullAsync(identifier, TransferBench.Session(), new() { ["image.checksum"] = Digest.Sha256("other"u8).ToString() }));
        BuildException limit = await Assert.ThrowsAsync<BuildException>(() =>
            _bench.PullAsync(identifier, TransferBench.Session(), new() { ["image.layerlimit"] = "2" }));

        Assert.Contains("does not match expected checksum", checksum.Message, StringComparison.Ordinal);
        Assert.Contains("layer limit 2 is greater than the number of layers 1", limit.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_image_layout_of_the_client_is_a_source()
    {
        using ImmutableRef image = _bench.Sample();
        string layout = _bench["layout"];
        IReadOnlyDictionary<string, string> response = await _bench.ExportAsync("oci", TransferBench.Session(directory: layout), image, new() { ["tar"] = "false" });
        await using var other = new TransferBench();
        var session = new InProcessSession(new InProcessSessionOptions
        {
            Id = "s",
            Layouts = new LayoutDirectories(new Dictionary<string, string> { ["base"] = layout }),
        });

        using ImmutableRef pulled = (await other.PullAsync(
            $"oci-layout://example.com/any@{response["containerimage.digest"]}", session, new() { ["oci.store"] = "base" }))!;

        await pulled.MakeLocalAsync(other.Context(session).Refs, Token);
        Assert.Equal("hello\n", await other.ReadAsync(pulled, "/etc/greeting"));
    }

    private Task<IReadOnlyDictionary<string, string>> PushAsync(string name, ImmutableRef image, params (string Key, string Value)[] more)
    {
        var attributes = new Dictionary<string, string> { ["name"] = $"{registry.Host}/{name}", ["push"] = "true" };
        foreach ((string key, string value) in more)
        {
            attributes[key] = value;
        }

        return _bench.ExportAsync("image", TransferBench.Session(), image, attributes);
    }

    private static async Task<string[]> LayersAsync(string image) =>
        [.. JsonNode.Parse(await TransferBench.RunAsync("skopeo", "inspect", "--tls-verify=false", image))!["Layers"]!.AsArray().Select(layer => (string)layer!)];
}
