using Cairn.Integration.Tests;
using Cairn.Protos.Gateway;
using Cairn.Rpc.Calls;
using Cairn.Wire.Errors;
using Cairn.Wire.Methods;
using Xunit;

namespace Cairn.Daemon.Tests.Bridge;

/// <summary>gateway.md, sections 3 and 10: frontends in containers. The frontend is the reference one, compiled from its own sources.</summary>
public sealed class FrontendImageTests
{
    private const string Labels = "LABEL moby.buildkit.frontend.network.none=true\nLABEL moby.buildkit.frontend.caps=moby.buildkit.frontend.inputs,moby.buildkit.frontend.subrequests,moby.buildkit.frontend.contexts\n";
    private const string Tools = "FROM scratch\nCOPY busybox /bin/busybox\nRUN [\"/bin/busybox\", \"--install\", \"-s\", \"/bin\"]\n";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_syntax_line_runs_the_frontend_that_it_names()
    {
        using var workspace = new Workspace();
        await using RegistryServer registry = await RegistryServer.StartAsync(workspace, Cancelled);
        string image = await PushAsync(workspace, registry, "frontend", Frontend("ENTRYPOINT [\"/bin/dockerfile-frontend\"]\n"));
        string text = Tools + "ARG WHO=nobody\nRUN echo hello $WHO > /said\n";

        Finished own = await workspace.BuildAsync(workspace.Context("own", text), "--build-arg", "WHO=you");
        Finished other = await workspace.BuildAsync(
            workspace.Context("other", $"# syntax={image}\n{text}"), "--build-arg", "WHO=you", "--output", workspace.In("out"));

        own.Succeeded();
        other.Succeeded();
        Assert.Equal("hello you\n", await File.ReadAllTextAsync(workspace.In("out/said"), Cancelled));
        Assert.Contains("resolve image config for docker-image://" + image, other.Error, StringComparison.Ordinal);
        Assert.Matches("RUN echo hello you .*\n#[0-9]+ CACHED", other.Error);   // its definitions are the built-in frontend's
    }

    [Fact]
    public async Task The_frontend_of_a_build_argument_counts_more_than_the_file_and_its_errors_show_the_file()
    {
        using var workspace = new Workspace();
        await using RegistryServer registry = await RegistryServer.StartAsync(workspace, Cancelled);
        string image = await PushAsync(workspace, registry, "frontend", Frontend("ENTRYPOINT [\"/bin/dockerfile-frontend\"]\n"));

        Finished failed = await workspace.BuildAsync(
            workspace.Context("wrong", "# syntax=127.0.0.1:1/nowhere\n" + Tools + "COPPY a b\n"), "--build-arg", "BUILDKIT_SYNTAX=" + image);
        Finished absent = await workspace.BuildAsync(workspace.Context("absent", $"# syntax={registry.Host}/absent\nFROM scratch\n"));

        Assert.Contains(">>> COPPY a b", failed.FailedWith(1).Error, StringComparison.Ordinal);
        Assert.Contains($">>> # syntax={registry.Host}/absent", absent.FailedWith(1).Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ENTRYPOINT [\"/bin/busybox\", \"true\"]", "no result for incomplete build")]
    [InlineData("ENTRYPOINT [\"/bin/busybox\", \"sh\", \"-c\", \"exit 7\"]", "did not complete successfully: exit code: 7")]
    [InlineData("ENTRYPOINT [\"/bin/busybox\", \"sh\", \"-c\", \"echo this is not at all what HTTP/2 looks like; /bin/busybox sleep 1000\"]", "frontend grpc server closed unexpectedly")]
    [InlineData("ENTRYPOINT [\"/bin/busybox\", \"echo\", \"this is no HTTP/2\"]", "no result for incomplete build")]
    [InlineData("LABEL moby.buildkit.frontend.caps=other", "unsupported frontend capability moby.buildkit.frontend.special")]
    [InlineData("ENV A=b", "exit code: 127")]
    public async Task A_frontend_that_does_not_do_its_work_is_told_of(string instructions, string reason)
    {
        using var workspace = new Workspace();
        await using RegistryServer registry = await RegistryServer.StartAsync(workspace, Cancelled);
        string context = workspace.Context("broken", "FROM scratch\nCOPY busybox /bin/busybox\n" + instructions + "\n");
        string image = await PushAsync(workspace, registry, "broken", context);
        await using BridgedEngine engine = BridgedEngine.Open();
        await using BridgeClient client = await BridgeClient.StartAsync(engine);
        var request = new SolveRequest
        {
            Frontend = "gateway.v0", FrontendOpt = { ["source"] = image }, AllowResultReturn = true,
        };
        if (reason.Contains("special", StringComparison.Ordinal))
        {
            request.FrontendOpt["frontend.caps"] = "other+forward,moby.buildkit.frontend.special";
        }

        RpcException failure = await Assert.ThrowsAsync<RpcException>(() => client.CallAsync(BridgeMethods.Solve, request));

        Assert.Contains(reason, failure.Status.Message, StringComparison.Ordinal);
        Protos.Errdefs.Frontend frontend = Assert.Single(ErrorStatus.From(failure.Status).Details.OfType<Protos.Errdefs.Frontend>());
        Assert.Equal(("gateway.v0", image), (frontend.Name, frontend.Source));
    }

    [Fact]
    public async Task Options_environment_and_the_definition_reach_the_frontend()
    {
        using var workspace = new Workspace();
        await using RegistryServer registry = await RegistryServer.StartAsync(workspace, Cancelled);
        string context = workspace.Context(
            "printing",
            "FROM scratch\nCOPY busybox /bin/busybox\nENV OF_IMAGE=yes\nWORKDIR /somewhere\nLABEL moby.buildkit.frontend.network.none=true\n"
            + "ENTRYPOINT [\"/bin/busybox\", \"sh\", \"-c\", \"exec >&2; busybox env; busybox pwd; busybox wc -c /run/config/buildkit/metadata/frontend.bin; busybox ls /sys/class/net; exit 3\"]\n");
        string image = await PushAsync(workspace, registry, "printing", context);
        await using BridgedEngine engine = BridgedEngine.Open();
        await using BridgeClient client = await BridgeClient.StartAsync(engine);

        await Assert.ThrowsAsync<RpcException>(() => client.CallAsync(
            BridgeMethods.Solve,
            new SolveRequest { Frontend = "gateway.v0", FrontendOpt = { ["source"] = image, ["b"] = "2", ["a"] = "1" } }));

        string said = string.Join('\n', engine.Said);
        Assert.Contains("BUILDKIT_FRONTEND_OPT_0=a=1", said, StringComparison.Ordinal);
        Assert.Contains("BUILDKIT_FRONTEND_OPT_1=b=2", said, StringComparison.Ordinal);
        Assert.Contains($"BUILDKIT_FRONTEND_OPT_2=source={image}", said, StringComparison.Ordinal);
        Assert.Contains("BUILDKIT_SESSION_ID=session-" + client.Id, said, StringComparison.Ordinal);
        Assert.Contains("BUILDKIT_WORKERS=[{\"ID\":\"local\"", said, StringComparison.Ordinal);
        Assert.Contains("BUILDKIT_EXPORTEDPRODUCT=", said, StringComparison.Ordinal);
        Assert.Contains("OF_IMAGE=yes", said, StringComparison.Ordinal);
        Assert.Contains("\n/somewhere\n", said, StringComparison.Ordinal);
        Assert.Matches("[1-9][0-9]* /run/config/buildkit/metadata/frontend.bin", said);
        Assert.Matches("\nlo(\n|$)", said);
        Assert.DoesNotContain("eth0", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_be_a_frontend_is_refused()
    {
        await using BridgedEngine engine = BridgedEngine.Open();
        await using BridgeClient client = await BridgeClient.StartAsync(engine);

        Assert.Equal("no source specified for gateway", await RefusedAsync());
        Assert.Equal("development gateway is no longer supported", await RefusedAsync(("source", "x"), ("gateway-devel", "")));
        Assert.Contains("special", await RefusedByAsync("dockerfile.v0", [("frontend.caps", "special")]), StringComparison.Ordinal);
        Assert.Contains("special", await RefusedByAsync("dockerfile.v0", [("frontend.caps", "special+forward")]), StringComparison.Ordinal);
        await client.CallAsync(BridgeMethods.Solve, new SolveRequest { Frontend = "gateway.v0", FrontendOpt = { ["source"] = "dockerfile.v0" }, AllowResultReturn = true });

        Task<string> RefusedAsync(params (string Name, string Value)[] options)
            => RefusedByAsync("gateway.v0", options);

        async Task<string> RefusedByAsync(string frontend, (string Name, string Value)[] options)
        {
            var request = new SolveRequest { Frontend = frontend };
            foreach ((string name, string value) in options)
            {
                request.FrontendOpt[name] = value;
            }

            return (await Assert.ThrowsAsync<RpcException>(() => client.CallAsync(BridgeMethods.Solve, request))).Status.Message;
        }
    }

    private static string Frontend(string more) => "FROM scratch\nCOPY dockerfile-frontend /bin/dockerfile-frontend\n" + Labels + more;

    private static async Task<string> PushAsync(Workspace workspace, RegistryServer registry, string name, string context)
    {
        if (!Directory.Exists(context))
        {
            workspace.Write(Path.Combine("image-" + name, "Dockerfile"), context);
            context = workspace.In("image-" + name);
            File.Copy(StockFrontend(), Path.Combine(context, "dockerfile-frontend"));
        }

        string image = $"{registry.Host}/{name}:1";
        (await Workspace.BuildInAsync(workspace.In("pushing"), ["--push", "--tag", image, context])).Succeeded();
        return image;
    }

    private static string StockFrontend() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Append(Path.Combine(CairnProgram.SourceRoot, "artifacts", "tools"))
            .Select(static directory => Path.Combine(directory, "dockerfile-frontend")).First(File.Exists);
}
