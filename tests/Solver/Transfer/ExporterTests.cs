using System.Formats.Tar;
using System.Text;
using System.Text.Json.Nodes;
using Cairn.Cache.Refs;
using Cairn.Llb;
using Cairn.Solver.Exporters;
using Xunit;

namespace Cairn.Solver.Tests.Transfer;

public sealed class ExporterTests : IAsyncDisposable
{
    private static readonly byte[] Config = Encoding.UTF8.GetBytes("""
        {"architecture":"amd64","os":"linux","config":{"Env":["A=<b>&c"],"Cmd":["/bin/sh"]},
         "history":[{"created_by":"COPY . / # buildkit","comment":"buildkit.dockerfile.v0"},{"created_by":"ENV A=b","empty_layer":true}],"x.custom":{"b":1,"a":2}}
        """);

    private readonly TransferBench _bench = new();

    public ValueTask DisposeAsync() => _bench.DisposeAsync();

    [Fact]
    public async Task Other_tools_read_and_unpack_the_archive()
    {
        using ImmutableRef image = _bench.Sample();
        string file = _bench["image.tar"];

        IReadOnlyDictionary<string, string> response = await _bench.ExportAsync("oci", TransferBench.Session(file), image, new() { ["name"] = "example.com/app:v1" }, Config);

        JsonNode shown = JsonNode.Parse(await TransferBench.RunAsync("skopeo", "inspect", $"oci-archive:{file}:v1"))!;
        Assert.Equal(response["containerimage.digest"], (string)shown["Digest"]!);
        Assert.Equal("example.com/app:v1", response["image.name"]);
        await TransferBench.RunAsync("skopeo", "copy", $"oci-archive:{file}:v1", $"oci:{_bench["layout"]}:v1");
        await TransferBench.RunAsync("umoci", "unpack", "--image", $"{_bench["layout"]}:v1", _bench["bundle"]);
        Assert.Equal("hello\n", await File.ReadAllTextAsync(_bench["bundle/rootfs/etc/greeting"], TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task The_config_is_completed_in_the_order_of_its_keys()
    {
        using ImmutableRef image = _bench.Sample();
        string directory = _bench["layout"];

        IReadOnlyDictionary<string, string> response = await _bench.ExportAsync(
            "oci", TransferBench.Session(directory: directory), image, new() { ["tar"] = "false" }, Config, DateTimeOffset.FromUnixTimeSeconds(1_700_000_100));

        string config = await BlobAsync(directory, response["containerimage.config.digest"]);
        string diffId = (string)JsonNode.Parse(config)!["rootfs"]!["diff_ids"]![0]!;
        Assert.Equal(
            """{"architecture":"amd64","config":{"Env":["A=\u003cb\u003e\u0026c"],"Cmd":["/bin/sh"]},"created":"2023-11-14T22:15:00Z","history":["""
            + """{"created":"2023-11-14T22:15:00Z","created_by":"COPY . / # buildkit","comment":"buildkit.dockerfile.v0"},"""
            + """{"created":"2023-11-14T22:15:00Z","created_by":"ENV A=b","empty_layer":true}],"os":"linux","rootfs":{"type":"layers","diff_ids":["""
            + $"\"{diffId}\"" + """]},"x.custom":{"b":1,"a":2}}""",
            config);
        string manifest = await BlobAsync(directory, response["containerimage.digest"]);
        Assert.StartsWith("{\n  \"schemaVersion\": 2,\n  \"mediaType\": \"application/vnd.oci.image.manifest.v1+json\",\n  \"config\": {\n", manifest, StringComparison.Ordinal);
        JsonNode descriptor = JsonNode.Parse(Convert.FromBase64String(response["containerimage.descriptor"]))!;
        Assert.Equal("2023-11-14T22:15:00Z", (string)descriptor["annotations"]!["org.opencontainers.image.created"]!);
    }

    [Fact]
    public async Task With_an_epoch_two_stores_make_the_same_bytes()
    {
        await using var other = new TransferBench();
        using ImmutableRef one = _bench.Sample();
        using ImmutableRef two = other.Sample();
        var epoch = DateTimeOffset.FromUnixTimeSeconds(1_700_000_001);

        await _bench.ExportAsync("oci", TransferBench.Session(_bench["a.tar"]), one, new() { ["name"] = "app" }, Config, epoch);
        await other.ExportAsync("oci", TransferBench.Session(other["a.tar"]), two, new() { ["name"] = "app" }, Config, epoch);

        Assert.Equal(await File.ReadAllBytesAsync(_bench["a.tar"], TestContext.Current.CancellationToken), await File.ReadAllBytesAsync(other["a.tar"], TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Times_in_layers_are_clamped_to_the_epoch()
    {
        using ImmutableRef image = _bench.Sample();
        string directory = _bench["layout"];

        await _bench.ExportAsync(
            "oci", TransferBench.Session(directory: directory), image, new() { ["tar"] = "false", ["compression"] = "uncompressed" }, Config, DateTimeOffset.FromUnixTimeSeconds(1_700_000_001));

        Dictionary<string, long> times = Entries(Layer(directory)).ToDictionary(entry => entry.Name.TrimEnd('/'), entry => entry.ModificationTime.ToUnixTimeSeconds());
        Assert.Equal(1_700_000_000, times["etc"]);
        Assert.Equal(1_700_000_001, times["etc/greeting"]);
        Assert.Equal(1_700_000_001, times["greeting"]);
    }

    [Theory]
    [InlineData("gzip", "application/vnd.oci.image.layer.v1.tar+gzip")]
    [InlineData("zstd", "application/vnd.oci.image.layer.v1.tar+zstd")]
    [InlineData("uncompressed", "application/vnd.oci.image.layer.v1.tar")]
    public async Task Layers_are_compressed_as_asked(string compression, string mediaType)
    {
        using ImmutableRef image = _bench.Sample();
        string directory = _bench["layout"];

        await _bench.ExportAsync("oci", TransferBench.Session(directory: directory), image, new() { ["tar"] = "false", ["compression"] = compression }, Config);

        JsonNode shown = JsonNode.Parse(await TransferBench.RunAsync("skopeo", "inspect", "--raw", $"oci:{directory}"))!;
        Assert.Equal(mediaType, (string)shown["layers"]![0]!["mediaType"]!);
        await TransferBench.RunAsync("skopeo", "copy", $"oci:{directory}", $"dir:{_bench["copy"]}");
    }

    [Fact]
    public async Task A_docker_archive_is_read_as_one()
    {
        using ImmutableRef image = _bench.Sample();
        string file = _bench["image.tar"];

        await _bench.ExportAsync("docker", TransferBench.Session(file), image, new() { ["name"] = "app" }, Config);

        string[] names = [.. Entries(file).Select(entry => entry.Name)];
        Assert.Equal(names.Order(StringComparer.Ordinal), names);
        Assert.Contains("manifest.json", names);
        JsonNode shown = JsonNode.Parse(await TransferBench.RunAsync("skopeo", "inspect", $"docker-archive:{file}:docker.io/library/app:latest"))!;
        Assert.Single(shown["Layers"]!.AsArray());
    }

    [Fact]
    public async Task An_image_of_nothing_has_no_layers()
    {
        string directory = _bench["layout"];

        await _bench.ExportAsync("oci", TransferBench.Session(directory: directory), (ImmutableRef?)null, new() { ["tar"] = "false" });

        JsonNode shown = JsonNode.Parse(await TransferBench.RunAsync("skopeo", "inspect", "--raw", $"oci:{directory}"))!;
        Assert.Null(shown["layers"]);
    }

    [Fact]
    public async Task Several_platforms_make_an_index()
    {
        using ImmutableRef amd64 = _bench.Sample();
        using ImmutableRef arm64 = _bench.Sample(text: "other\n");
        string directory = _bench["layout"];

        await _bench.ExportAsync(
            "oci",
            TransferBench.Session(directory: directory),
            [Platform("linux/amd64", amd64), Platform("linux/arm64", arm64)],
            new() { ["tar"] = "false", ["annotation.both"] = "1", ["annotation[linux/arm64].one"] = "2", ["annotation-index.top"] = "3" });

        JsonNode entry = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(directory, "index.json"), TestContext.Current.CancellationToken))!["manifests"]![0]!;
        JsonNode index = JsonNode.Parse(await BlobAsync(directory, (string)entry["digest"]!))!;
        Assert.Equal("3", (string)index["annotations"]!["top"]!);
        Assert.Equal(["amd64", "arm64"], index["manifests"]!.AsArray().Select(manifest => (string)manifest!["platform"]!["architecture"]!));
        JsonNode second = JsonNode.Parse(await BlobAsync(directory, (string)index["manifests"]![1]!["digest"]!))!;
        Assert.Equal("""{"both":"1","one":"2"}""", second["annotations"]!.ToJsonString());
        await TransferBench.RunAsync("skopeo", "copy", "--all", $"oci:{directory}", $"oci:{_bench["copy"]}");
    }

    [Fact]
    public async Task The_docker_archive_refuses_several_platforms()
    {
        BuildException e = await Assert.ThrowsAsync<BuildException>(() => _bench.ExportAsync(
            "docker", TransferBench.Session(_bench["image.tar"]), [Platform("linux/amd64", null), Platform("linux/arm64", null)]));

        Assert.Equal("docker exporter does not currently support exporting manifest lists", e.Message);
    }

    [Theory]
    [InlineData("oci", "push", "perhaps", "non-bool value specified for push")]
    [InlineData("oci", "compression", "lzma", "unsupported compression type lzma")]
    [InlineData("oci", "compression-level", "10", "compression-level 10 is not between 0 and 9")]
    [InlineData("oci", "annotation-nowhere.x", "1", "unrecognized annotation type nowhere")]
    [InlineData("image", "push", "true", "failed to push image: it has no name")]
    [InlineData("local", "mode", "move", "invalid local exporter mode move")]
    [InlineData("tar", "source-date-epoch", "soon", "invalid source-date-epoch: \"soon\" is not a number of seconds")]
    public void Attributes_that_make_no_sense_are_refused_before_any_work(string type, string key, string value, string message)
    {
        IExporterKind kind = _bench.Services.Exporters.First(one => one.Handles(type));

        BuildException e = Assert.Throws<BuildException>(() => kind.Create(new ExportSpec(type, new Dictionary<string, string> { [key] = value })));

        Assert.Equal(message, e.Message);
    }

    [Fact]
    public async Task A_tar_export_has_the_files_of_all_layers()
    {
        using ImmutableRef lower = _bench.Sample();
        using ImmutableRef upper = _bench.Layer(lower, tree => tree.WriteFile("/more", "more"u8, 0x1a4, null, new(1_700_000_003_000_000_000)));

        await _bench.ExportAsync("tar", TransferBench.Session(_bench["tree.tar"]), upper);

        Assert.Equal(["etc/", "etc/greeting", "greeting", "more"], Entries(_bench["tree.tar"]).Select(entry => entry.Name));
    }

    [Fact]
    public async Task A_local_export_fills_the_directory_and_leaves_the_rest()
    {
        using ImmutableRef result = _bench.Sample();
        string directory = Directory.CreateDirectory(_bench["out"]).FullName;
        await File.WriteAllTextAsync(Path.Combine(directory, "mine"), "mine", TestContext.Current.CancellationToken);
        File.CreateSymbolicLink(Path.Combine(directory, "etc"), "/etc");

        await _bench.ExportAsync("local", TransferBench.Session(directory: directory), result, epoch: DateTimeOffset.FromUnixTimeSeconds(1_600_000_000));

        Assert.Equal("mine", await File.ReadAllTextAsync(Path.Combine(directory, "mine"), TestContext.Current.CancellationToken));
        Assert.Equal("hello\n", await File.ReadAllTextAsync(Path.Combine(directory, "etc/greeting"), TestContext.Current.CancellationToken));
        Assert.Null(new DirectoryInfo(Path.Combine(directory, "etc")).LinkTarget);
        Assert.Equal("etc/greeting", new FileInfo(Path.Combine(directory, "greeting")).LinkTarget);
        Assert.Equal(1_600_000_000, new DateTimeOffset(File.GetLastWriteTimeUtc(Path.Combine(directory, "etc/greeting"))).ToUnixTimeSeconds());
    }

    [Fact]
    public async Task A_file_exported_to_a_directory_can_be_changed_without_harm()
    {
        using ImmutableRef result = _bench.Sample();
        string directory = _bench["out"];
        await _bench.ExportAsync("local", TransferBench.Session(directory: directory), result);

        await File.WriteAllTextAsync(Path.Combine(directory, "etc/greeting"), "changed", TestContext.Current.CancellationToken);

        Assert.Equal("hello\n", await _bench.ReadAsync(result, "/etc/greeting"));
    }

    [Fact]
    public async Task A_local_export_has_a_directory_for_each_platform()
    {
        using ImmutableRef amd64 = _bench.Sample();
        string directory = _bench["out"];

        await _bench.ExportAsync("local", TransferBench.Session(directory: directory), [Platform("linux/amd64", amd64), Platform("linux/arm/v7", null)]);

        Assert.True(File.Exists(Path.Combine(directory, "linux_amd64/etc/greeting")));
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(directory, "linux_arm_v7")));
    }

    private static ExportPlatform Platform(string id, ImmutableRef? result) => new(id, Llb.Platform.Parse(id), result, null, null);

    private static async Task<string> BlobAsync(string directory, string digest) =>
        await File.ReadAllTextAsync(Path.Combine(directory, "blobs", digest.Replace(':', '/')), TestContext.Current.CancellationToken);

    private static string Layer(string directory)
    {
        JsonNode index = JsonNode.Parse(File.ReadAllText(Path.Combine(directory, "index.json")))!;
        JsonNode manifest = JsonNode.Parse(File.ReadAllText(Path.Combine(directory, "blobs", ((string)index["manifests"]![0]!["digest"]!).Replace(':', '/'))))!;
        return Path.Combine(directory, "blobs", ((string)manifest["layers"]![0]!["digest"]!).Replace(':', '/'));
    }

    private static List<TarEntry> Entries(string file)
    {
        using FileStream stream = File.OpenRead(file);
        using var reader = new TarReader(stream);
        var entries = new List<TarEntry>();
        while (reader.GetNextEntry(copyData: false) is { } entry)
        {
            entries.Add(entry);
        }

        return entries;
    }
}
