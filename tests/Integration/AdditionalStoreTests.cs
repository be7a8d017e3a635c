using Xunit;

namespace Cairn.Integration.Tests;

public sealed class AdditionalStoreTests : IDisposable
{
    private readonly Workspace _workspace = new();

    public void Dispose() => _workspace.Dispose();

    [Fact]
    public async Task A_build_finds_every_step_in_another_store_uses_it_where_it_lies_and_makes_the_same_image()
    {
        string context = _workspace.Context("ctx", Shell.Stage + """
            FROM tools AS made
            COPY file.txt /file.txt
            RUN cat /file.txt > /out && mkdir /d && cat /file.txt > /d/more
            FROM made
            RUN rm -r /d
            """);
        _workspace.Write("ctx/file.txt", "content");
        string first = _workspace.In("first.tar"), second = _workspace.In("second.tar"), third = _workspace.In("third.tar");
        (await _workspace.BuildAsync(context, "-o", $"type=oci,dest={first}")).Succeeded();
        string listing = await ListingAsync();

        Finished built = await CairnProgram.RunAsync(
            "build", context, "--progress", "plain", "--root", _workspace.In("own"), "--additional-store", _workspace.Root,
            "-o", $"type=oci,dest={second}");
        IReadOnlyDictionary<string, string> steps = built.Succeeded().Steps();
        Assert.Contains(steps, IsStep);
        Assert.All(steps.Where(IsStep), step => Assert.Equal("CACHED", step.Value));
        Assert.Equal(await LayersAsync(first), await LayersAsync(second));   // the configs tell when each was made
        Assert.Equal(listing, await ListingAsync());

        // Through the environment, with one more step on top.
        _workspace.Write("ctx/Dockerfile", File.ReadAllText(_workspace.In("ctx/Dockerfile")) + "\nRUN echo more > /more\n");
        Finished more = await CairnProgram.RunAsync(new Invocation(
            CairnProgram.Launcher, ["build", context, "--progress", "plain", "--root", _workspace.In("own"), "-o", $"type=oci,dest={third}"])
        {
            Environment = new Dictionary<string, string> { ["CAIRN_ADDITIONAL_STORES"] = _workspace.Root },
        });
        Assert.Single(more.Succeeded().Steps().Where(IsStep), step => step.Value == "DONE");
        Assert.Equal(listing, await ListingAsync());

        // Without the other store, what stands on it is shown as broken, and builds work.
        Finished usage = (await CairnProgram.RunAsync("du", "--verbose", "--root", _workspace.In("own"))).Succeeded();
        Assert.Contains("not among the additional stores", usage.Output, StringComparison.Ordinal);
        (await CairnProgram.RunAsync("build", context, "--root", _workspace.In("own"))).Succeeded();
    }

    [Fact]
    public async Task What_is_wrong_with_an_additional_store_is_said()
    {
        Finished none = await CairnProgram.RunAsync("du", "--root", _workspace.In("own"), "--additional-store", _workspace.In("none"));
        Assert.Equal(1, none.ExitCode);
        Assert.Contains($"failed to open additional store {_workspace.In("none")}: there is no such directory", none.Error, StringComparison.Ordinal);

        _workspace.Write("damaged/cairn.db", new string('x', 8192));
        Finished damaged = (await CairnProgram.RunAsync("du", "--root", _workspace.In("own"), "--additional-store", _workspace.In("damaged"))).Succeeded();
        Assert.Contains($"WARNING: additional store {_workspace.In("damaged")} is left out: its index is damaged", damaged.Error, StringComparison.Ordinal);
    }

    private static bool IsStep(KeyValuePair<string, string> step) =>
        step.Key.StartsWith('[') && !step.Key.StartsWith("[internal]", StringComparison.Ordinal);

    private static async Task<string> LayersAsync(string archive) =>
        (await CairnProgram.ExecAsync("skopeo", "inspect", "--format", "{{.Layers}}", $"oci-archive:{archive}")).Succeeded().Output;

    private async Task<string> ListingAsync() =>
        (await CairnProgram.ExecAsync("find", _workspace.Root, "-printf", "%p %y %i %m %s %n %T@ %C@\n")).Succeeded().Output;
}
