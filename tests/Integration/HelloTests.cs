using System.Text.Json;
using Xunit;

namespace Cairn.Integration.Tests;

public sealed class HelloTests : IDisposable
{
    private readonly Workspace _workspace = new();

    public void Dispose() => _workspace.Dispose();

    [Fact]
    public async Task The_first_command_of_the_readme_makes_an_image_that_other_tools_accept_and_run()
    {
        string archive = _workspace.In("hello.tar");
        (await _workspace.BuildAsync("examples/hello", "--output", $"type=oci,dest={archive}")).Succeeded();

        Finished inspected = (await CairnProgram.ExecAsync("skopeo", "inspect", $"oci-archive:{archive}")).Succeeded();
        using JsonDocument image = JsonDocument.Parse(inspected.Output);
        Assert.Equal("linux", image.RootElement.GetProperty("Os").GetString());
        Assert.Contains("GREETING=/etc/greeting", image.RootElement.GetProperty("Env").EnumerateArray().Select(e => e.GetString()));

        string bundle = await UnpackAsync(archive);
        Finished ran = (await CairnProgram.ExecAsync("runc", "--root", _workspace.In("runc"), "run", "--bundle", bundle, "--no-pivot", $"cairn-hello-{Guid.NewGuid():N}")).Succeeded();
        Assert.Equal("HELLO FROM CAIRN!\n", ran.Output.ReplaceLineEndings("\n"));
    }

    [Fact]
    public async Task A_second_build_finds_every_step_and_touching_a_file_runs_only_what_depends_on_it()
    {
        string context = _workspace.Context("ctx",
            Shell.Stage
            + """
            FROM tools AS left
            COPY left.txt /left.txt
            RUN cat /left.txt > /left.out
            FROM tools AS right
            COPY right.txt /right.txt
            RUN cat /right.txt > /right.out
            FROM tools
            COPY --from=left /left.out /
            COPY --from=right /right.out /
            """);
        _workspace.Write("ctx/left.txt", "left");
        _workspace.Write("ctx/right.txt", "right");
        string archive = _workspace.In("image.tar");
        (await _workspace.BuildAsync(context, "-o", $"type=oci,dest={archive}")).Succeeded();

        IReadOnlyDictionary<string, string> again = (await _workspace.BuildAsync(context, "-o", $"type=oci,dest={archive}")).Succeeded().Steps();
        Assert.Contains(again, step => IsStep(step));
        Assert.All(again.Where(IsStep), step => Assert.Equal("CACHED", step.Value));

        _workspace.Write("ctx/left.txt", "other");
        IReadOnlyDictionary<string, string> touched = (await _workspace.BuildAsync(context, "-o", $"type=oci,dest={archive}")).Succeeded().Steps();
        Assert.Equal(
            ["COPY --from=left /left.out /", "COPY --from=right /right.out /", "COPY left.txt /left.txt", "RUN cat /left.txt > /left.out"],
            touched.Where(s => IsStep(s) && s.Value == "DONE").Select(s => s.Key[(s.Key.IndexOf(']', StringComparison.Ordinal) + 2)..]).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_build_without_an_output_says_where_its_result_is()
    {
        Finished built = (await _workspace.BuildAsync("examples/hello")).Succeeded();
        Assert.Contains("WARNING: No output specified", built.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_multi_stage_example_builds_and_skips_what_nobody_needs()
    {
        string directory = _workspace.In("out");
        Finished built = (await _workspace.BuildAsync("examples/multi-stage", "--build-arg", "VERSION=2.5", "-o", directory)).Succeeded();
        Assert.DoesNotContain(built.Steps().Keys, s => s.Contains("does-not-exist", StringComparison.Ordinal) || s.Contains("[check", StringComparison.Ordinal));
        Assert.Equal("version 2.5", File.ReadLines(Path.Combine(directory, "share/report")).First());
        Assert.Contains("cairn", File.ReadAllLines(Path.Combine(directory, "share/words")));
        Assert.DoesNotContain("context", File.ReadAllLines(Path.Combine(directory, "share/words")));
        (await _workspace.BuildAsync("examples/multi-stage", "--target", "check")).Succeeded();
    }

    [Fact]
    public async Task The_merge_example_lays_two_branches_over_a_new_base()
    {
        string program = Path.Combine(CairnProgram.SourceRoot, "artifacts/bin/Cairn.Examples.Merge/release/Cairn.Examples.Merge");
        Finished ran = (await CairnProgram.ExecAsync(program, _workspace.In("out"), _workspace.In("store"))).Succeeded();
        Assert.Equal("etc/issue: new\nleft: made by the left branch\nright: made by the right branch\n", ran.Output);
        Finished again = (await CairnProgram.ExecAsync(program, _workspace.In("out"), _workspace.In("store"))).Succeeded();
        Assert.Contains("cached both on the new base", again.Error, StringComparison.Ordinal);
    }

    private static bool IsStep(KeyValuePair<string, string> step) =>
        step.Key.StartsWith('[') && !step.Key.StartsWith("[internal]", StringComparison.Ordinal);

    private async Task<string> UnpackAsync(string archive)
    {
        string layout = _workspace.In("layout"), bundle = _workspace.In("bundle");
        (await CairnProgram.ExecAsync("skopeo", "copy", $"oci-archive:{archive}", $"oci:{layout}:hello")).Succeeded();
        (await CairnProgram.ExecAsync("umoci", "unpack", "--image", $"{layout}:hello", bundle)).Succeeded();

        // No terminal here, and no cgroup of its own is needed.
        string path = Path.Combine(bundle, "config.json");
        System.Text.Json.Nodes.JsonNode config = System.Text.Json.Nodes.JsonNode.Parse(await File.ReadAllTextAsync(path))!;
        config["process"]!["terminal"] = false;
        await File.WriteAllTextAsync(path, config.ToJsonString());
        return bundle;
    }
}
