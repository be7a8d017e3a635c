using System.Formats.Tar;
using System.IO.Compression;
using System.Text.Json;
using Xunit;

namespace Cairn.Integration.Tests;

/// <summary>What a build leaves: directories, archives, files about the result.</summary>
public sealed class OutputTests : IDisposable
{
    private readonly Workspace _workspace = new();

    public void Dispose() => _workspace.Dispose();

    [Fact]
    public async Task One_build_writes_several_outputs_and_files_about_them()
    {
        string oci = _workspace.In("o.tar"), docker = _workspace.In("d.tar"), id = _workspace.In("id"), metadata = _workspace.In("meta.json");
        (await _workspace.BuildAsync(
            "examples/hello", "-t", "example.com/hello:1", "-o", $"type=oci,dest={oci}", "-o", $"type=docker,dest={docker}", "-o", _workspace.In("tree"),
            "--iidfile", id, "--metadata-file", metadata)).Succeeded();
        Assert.Equal("HELLO FROM CAIRN!\n", await File.ReadAllTextAsync(_workspace.In("tree/etc/greeting"), TestContext.Current.CancellationToken));
        (await CairnProgram.ExecAsync("skopeo", "inspect", $"docker-archive:{docker}")).Succeeded();
        (await CairnProgram.ExecAsync("skopeo", "inspect", $"oci-archive:{oci}:1")).Succeeded();

        using JsonDocument about = JsonDocument.Parse(await File.ReadAllTextAsync(metadata, TestContext.Current.CancellationToken));
        Assert.StartsWith("sha256:", about.RootElement.GetProperty("containerimage.digest").GetString(), StringComparison.Ordinal);
        Assert.Equal(JsonValueKind.Object, about.RootElement.GetProperty("containerimage.descriptor").ValueKind);
        Assert.Equal(about.RootElement.GetProperty("containerimage.config.digest").GetString(), await File.ReadAllTextAsync(id, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task The_tree_goes_to_the_standard_output_as_a_tar()
    {
        Finished built = (await _workspace.BuildAsync("examples/hello", "-o", "-")).Succeeded();
        List<string> names = [];
        using TarReader tar = new(new MemoryStream(built.OutputBytes));
        while (await tar.GetNextEntryAsync(copyData: false, TestContext.Current.CancellationToken) is { } entry)
        {
            names.Add(entry.Name);
        }

        Assert.Contains("etc/greeting", names);
        Assert.Contains("bin/busybox", names);
    }

    [Fact]
    public async Task Quiet_prints_the_digest_alone()
    {
        Finished built = (await CairnProgram.RunAsync("build", "--root", _workspace.Root, "-q", "-o", $"type=oci,dest={_workspace.In("x.tar")}", "examples/hello")).Succeeded();
        Assert.Matches("^sha256:[0-9a-f]{64}\n$", built.Output);
        Assert.Equal("", built.Error);
    }

    [Fact]
    public async Task Raw_json_is_one_status_message_a_line()
    {
        Finished built = (await CairnProgram.RunAsync("build", "--root", _workspace.Root, "--progress", "rawjson", "-o", _workspace.In("out"), "examples/hello")).Succeeded();
        HashSet<string> names = new(StringComparer.Ordinal);
        foreach (string line in built.Error.TrimEnd('\n').Split('\n'))
        {
            using JsonDocument message = JsonDocument.Parse(line);
            if (message.RootElement.TryGetProperty("vertexes", out JsonElement vertexes))
            {
                names.UnionWith(vertexes.EnumerateArray().Select(v => v.GetProperty("name").GetString()!));
            }
        }

        Assert.Contains("[internal] load build definition from Dockerfile", names);
        Assert.Contains("exporting to client directory", names);
    }

    [Fact]
    public async Task A_dockerfile_may_come_from_the_standard_input_and_so_may_the_context()
    {
        byte[] dockerfile = "FROM scratch\nCOPY greeting.txt /\n"u8.ToArray();
        (await RunAsync(dockerfile, "-f", "-", "-o", _workspace.In("a"), "examples/hello")).Succeeded();
        Assert.True(File.Exists(_workspace.In("a/greeting.txt")));

        (await RunAsync("FROM scratch\nLABEL x=y\nCOPY <<end /text\nwords\nend\n"u8.ToArray(), "-o", _workspace.In("b"), "-")).Succeeded();
        Assert.Equal("words\n", await File.ReadAllTextAsync(_workspace.In("b/text"), TestContext.Current.CancellationToken));

        _workspace.Write("x/Dockerfile", "FROM scratch\nCOPY *.txt /\n");
        _workspace.Write("x/one.txt", "1");
        using MemoryStream archive = new();
        await using (GZipStream gzip = new(archive, CompressionLevel.Fastest, leaveOpen: true))
        {
            await TarFile.CreateFromDirectoryAsync(_workspace.In("x"), gzip, includeBaseDirectory: false, TestContext.Current.CancellationToken);
        }

        (await RunAsync(archive.ToArray(), "-o", _workspace.In("c"), "-")).Succeeded();
        Assert.Equal("1", await File.ReadAllTextAsync(_workspace.In("c/one.txt"), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Named_contexts_are_directories_and_layouts()
    {
        string layout = _workspace.In("layout");
        (await _workspace.BuildAsync("examples/hello", "-o", $"type=oci,dest={layout}.tar")).Succeeded();
        (await CairnProgram.ExecAsync("skopeo", "copy", $"oci-archive:{layout}.tar", $"oci:{layout}:latest")).Succeeded();
        _workspace.Write("more/extra.txt", "extra");
        string context = _workspace.Context("ctx", "FROM base\nCOPY --from=more extra.txt /\nRUN cat /etc/greeting /extra.txt > /both\n");
        (await _workspace.BuildAsync(
            "--build-context", $"base=oci-layout://{layout}", "--build-context", $"more={_workspace.In("more")}", "-o", _workspace.In("out"), context)).Succeeded();
        Assert.Equal("HELLO FROM CAIRN!\nextra", await File.ReadAllTextAsync(_workspace.In("out/both"), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Du_shows_what_prune_removes()
    {
        (await _workspace.BuildAsync("examples/hello")).Succeeded();
        Finished before = (await CairnProgram.RunAsync("du", "--root", _workspace.Root)).Succeeded();
        Assert.Contains("RECLAIMABLE", before.Output, StringComparison.Ordinal);
        Assert.DoesNotMatch("Total:\\s+0B", before.Output);
        (await CairnProgram.RunAsync("prune", "--root", _workspace.Root, "--all", "--force")).Succeeded();
        Finished after = (await CairnProgram.RunAsync("du", "--root", _workspace.Root)).Succeeded();
        Assert.Matches("Total:\\s+0B", after.Output);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(_workspace.Root, "layers")));
        (await _workspace.BuildAsync("examples/hello")).Succeeded();
    }

    [Fact]
    public async Task A_definition_is_solved_and_dumped_without_a_dockerfile()
    {
        string definition = Path.Combine(CairnProgram.SourceRoot, "tests/golden/definitions/merge-two.pb");
        (await _workspace.BuildAsync("--llb", definition, "-o", _workspace.In("out"))).Succeeded();
        Assert.Equal(["a", "b"], Directory.EnumerateFiles(_workspace.In("out")).Select(Path.GetFileName).Order(StringComparer.Ordinal));

        Finished json = (await CairnProgram.RunAsync("llb", "dump", definition)).Succeeded();
        Assert.Contains("sha256:5578aa166cd332e1a9635012336bf1efb172561d5eb0d4aa470a15d8a88d19c3", json.Output, StringComparison.Ordinal);
        Finished dot = (await CairnProgram.RunAsync("llb", "dump", "--format", "dot", definition)).Succeeded();
        Assert.StartsWith("digraph", dot.Output, StringComparison.Ordinal);
    }

    private async Task<Finished> RunAsync(byte[] input, params string[] arguments) => await CairnProgram.RunAsync(
        new Invocation(CairnProgram.Launcher, ["build", "--root", _workspace.Root, "--progress", "plain", .. arguments]) { Input = input });
}
