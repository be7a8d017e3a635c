using Cairn.Llb;
using Cairn.Llb.Building;
using Cairn.Protos.Gateway;
using Cairn.Rpc.Calls;
using Cairn.Rpc.Client;
using Cairn.Solver;
using Cairn.Solver.Progress;
using Cairn.Wire.Errors;
using Cairn.Wire.Methods;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Xunit;
using Pb = Cairn.Protos.Pb;
using GoogleStatus = Cairn.Protos.GoogleRpc.Status;

namespace Cairn.Daemon.Tests.Bridge;

/// <summary>gateway.md, sections 2 and 4: builds that their clients drive.</summary>
public sealed class ClientBuildTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_build_whose_client_returns_nothing_ends_well()
    {
        await using BridgedEngine engine = BridgedEngine.Open();
        await using RpcChannel channel = await engine.ConnectAsync();
        Task<BuildResult> build = engine.SolveAsync("probe", context: null);

        PongResponse pong = await channel.CallAsync(BridgeMethods.Ping, new PingRequest(), BridgedEngine.Of("probe"), Cancelled);
        await channel.CallAsync(BridgeMethods.Return, new ReturnRequest { Result = new Result { Ref = new Ref() } }, BridgedEngine.Of("probe"), Cancelled);

        BuildResult result = await build;
        Assert.Empty(result.Response);
        string[] ids = [.. pong.LLBCaps.Select(static cap => cap.ID)];
        Assert.Equal(ids.Order(StringComparer.Ordinal), ids);
        Assert.Contains("mergeop", ids);
        Assert.DoesNotContain("cache.s3", ids);
        Assert.Contains(pong.FrontendAPICaps, static cap => cap is { ID: "solve.inlinereturn", Enabled: true, Deprecated: true });
        Assert.Single(pong.Workers);
        Assert.NotEmpty(pong.Workers[0].Platforms);
    }

    [Fact]
    public async Task Calls_may_come_before_their_build()
    {
        await using BridgedEngine engine = BridgedEngine.Open();
        await using RpcChannel channel = await engine.ConnectAsync();

        Task<PongResponse> ping = channel.CallAsync(BridgeMethods.Ping, new PingRequest(), BridgedEngine.Of("early"), Cancelled);
        await channel.PingAsync(Cancelled);   // the server has the call
        Task<BuildResult> build = engine.SolveAsync("early", context: null);

        Assert.NotEmpty((await ping).LLBCaps);
        await ReturnAsync(channel, "early", new Result { Ref = new Ref() });
        await build;
    }

    [Fact]
    public async Task A_call_of_no_build_is_told_so()
    {
        await using BridgedEngine engine = BridgedEngine.Open();
        await using RpcChannel channel = await engine.ConnectAsync();

        RpcException none = await FailAsync(channel.CallAsync(BridgeMethods.Ping, new PingRequest(), RpcCallOptions.None, Cancelled));
        RpcException unknown = await FailAsync(channel.CallAsync(BridgeMethods.Ping, new PingRequest(), BridgedEngine.Of("nobody"), Cancelled));

        Assert.Equal("forwarding Ping: no buildid found in context", none.Status.Message);
        Assert.Equal((StatusCode.NotFound, "forwarding Ping: no such job nobody"), (unknown.Status.Code, unknown.Status.Message));
    }

    [Fact]
    public async Task The_id_is_free_again_after_the_build()
    {
        await using BridgedEngine engine = BridgedEngine.Open();
        await using RpcChannel channel = await engine.ConnectAsync();
        for (int i = 0; i < 2; i++)
        {
            Task<BuildResult> build = engine.SolveAsync("again", context: null);
            await ReturnAsync(channel, "again", new Result { Ref = new Ref() });
            await build;
        }
    }

    [Fact]
    public async Task The_error_of_the_client_is_that_of_the_build_with_its_details()
    {
        await using BridgedEngine engine = BridgedEngine.Open();
        await using RpcChannel channel = await engine.ConnectAsync();
        Task<BuildResult> build = engine.SolveAsync("failing", context: null);
        var error = new GoogleStatus
        {
            Code = (int)StatusCode.PermissionDenied, Message = "not today",
            Details = { ErrorDetails.Pack(new Protos.Errdefs.Subrequest { Name = "x" }), new Any { TypeUrl = "some/detail", Value = ByteString.CopyFromUtf8("{}") } },
        };

        await channel.CallAsync(BridgeMethods.Return, new ReturnRequest { Error = error }, BridgedEngine.Of("failing"), Cancelled);

        StatusException failure = await Assert.ThrowsAsync<StatusException>(() => build);
        Assert.Equal("not today", failure.Message);
        Assert.Equal(error, ErrorStatus.Of(failure).ToMessage());
    }

    [Fact]
    public async Task A_ref_that_was_not_handed_out_cannot_be_used_or_returned()
    {
        await using BridgedEngine engine = BridgedEngine.Open();
        await using RpcChannel channel = await engine.ConnectAsync();
        Task<BuildResult> build = engine.SolveAsync("foreign", context: null);

        RpcException read = await FailAsync(channel.CallAsync(
            BridgeMethods.ReadFile, new ReadFileRequest { Ref = "x1", FilePath = "a" }, BridgedEngine.Of("foreign"), Cancelled));
        RpcException returned = await FailAsync(ReturnAsync(channel, "foreign", new Result { Ref = new Ref { Id = "x1" } }));
        RpcException nothing = await FailAsync(channel.CallAsync(BridgeMethods.Return, new ReturnRequest(), BridgedEngine.Of("foreign"), Cancelled));

        Assert.Equal("no such ref: x1", read.Status.Message);
        Assert.Equal("return reference x1 not found", returned.Status.Message);
        Assert.Equal(StatusCode.InvalidArgument, nothing.Status.Code);
        await ReturnAsync(channel, "foreign", new Result { Ref = new Ref() });
        await build;
    }

    [Fact]
    public async Task A_Dockerfile_is_solved_over_the_bridge_and_its_result_returned()
    {
        await using BridgedEngine engine = BridgedEngine.Open();
        await using RpcChannel channel = await engine.ConnectAsync();
        string context = engine.Workspace.Context("context", "FROM scratch\nCOPY busybox /bin/busybox\nENV A=b\n");
        Task<BuildResult> build = engine.SolveAsync("dockerfile", context);

        SolveResponse solved = await channel.CallAsync(
            BridgeMethods.Solve,
            new SolveRequest { Frontend = "dockerfile.v0", AllowResultReturn = true, AllowResultArrayRef = true },
            BridgedEngine.Of("dockerfile"), Cancelled);
        Assert.Contains("\"A=b\"", solved.Result.Metadata["containerimage.config"].ToStringUtf8(), StringComparison.Ordinal);
        Assert.Contains("linux/", solved.Result.Metadata["refs.platforms"].ToStringUtf8(), StringComparison.Ordinal);
        Assert.NotEmpty(solved.Result.Ref.Def.Def);
        ReadDirResponse bin = await channel.CallAsync(
            BridgeMethods.ReadDir, new ReadDirRequest { Ref = solved.Result.Ref.Id, DirPath = "bin" }, BridgedEngine.Of("dockerfile"), Cancelled);
        Assert.Equal(["busybox"], bin.Entries.Select(static entry => entry.Path));
        await ReturnAsync(channel, "dockerfile", solved.Result);

        BuildResult result = await build;
        Assert.Equal(solved.Result.Metadata["containerimage.config"].ToByteArray(), result.Metadata["containerimage.config"]);
    }

    [Fact]
    public async Task A_result_for_several_platforms_is_a_map()
    {
        await using BridgedEngine engine = BridgedEngine.Open();
        await using RpcChannel channel = await engine.ConnectAsync();
        string context = engine.Workspace.Context("context", "FROM scratch\nARG TARGETARCH\nCOPY Dockerfile /$TARGETARCH\n");
        Task<BuildResult> build = engine.SolveAsync("several", context);
        var request = new SolveRequest { Frontend = "dockerfile.v0", FrontendOpt = { ["platform"] = "linux/arm64,linux/amd64" } };

        RpcException single = await FailAsync(channel.CallAsync(BridgeMethods.Solve, request, BridgedEngine.Of("several"), Cancelled));
        request.AllowResultReturn = true;
        SolveResponse old = await channel.CallAsync(BridgeMethods.Solve, request, BridgedEngine.Of("several"), Cancelled);
        request.AllowResultArrayRef = true;
        SolveResponse solved = await channel.CallAsync(BridgeMethods.Solve, request, BridgedEngine.Of("several"), Cancelled);

        Assert.Equal("solve did not return default result", single.Status.Message);
        Assert.Equal(2, old.Result.RefsDeprecated.Refs.Count);
        Assert.Equal(["linux/amd64", "linux/arm64"], solved.Result.Refs.Refs.Keys.Order(StringComparer.Ordinal));
        foreach ((string platform, Ref file) in solved.Result.Refs.Refs)
        {
            ReadFileResponse content = await channel.CallAsync(
                BridgeMethods.ReadFile, new ReadFileRequest { Ref = file.Id, FilePath = platform[6..] }, BridgedEngine.Of("several"), Cancelled);
            Assert.StartsWith("FROM scratch", content.Data.ToStringUtf8(), StringComparison.Ordinal);
        }

        await ReturnAsync(channel, "several", solved.Result);
        Assert.Contains("refs.platforms", (await build).Metadata.Keys);
    }

    [Fact]
    public async Task Definitions_are_solved_when_their_refs_are_used()
    {
        await using BridgedEngine engine = BridgedEngine.Open();
        await using RpcChannel channel = await engine.ConnectAsync();
        Task<BuildResult> build = engine.SolveAsync("lazy", context: null);
        Pb.Definition good = State.Scratch.File(FileActions.None.MakeFile("/a", 0x1a4, "0123456789"u8.ToArray()).MakeDirectory("/d", 0x1ff)).Marshal();
        Pb.Definition bad = State.Scratch.File(FileActions.None.Remove("/nothing")).Marshal();

        async Task<SolveResponse> Solve(Pb.Definition? definition, bool evaluate) => await channel.CallAsync(
            BridgeMethods.Solve, new SolveRequest { Definition = definition, Evaluate = evaluate, AllowResultReturn = true, AllowResultArrayRef = true },
            BridgedEngine.Of("lazy"), Cancelled);
        async Task<string> Read(string id, string path, FileRange? range) => (await channel.CallAsync(
            BridgeMethods.ReadFile, new ReadFileRequest { Ref = id, FilePath = path, Range = range }, BridgedEngine.Of("lazy"), Cancelled)).Data.ToStringUtf8();

        string id = (await Solve(good, evaluate: true)).Result.Ref.Id;
        Assert.Equal("0123456789", await Read(id, "a", range: null));
        Assert.Equal("345", await Read(id, "/a", new FileRange { Offset = 3, Length = 3 }));
        Assert.Equal("89", await Read(id, "/a", new FileRange { Offset = 8, Length = 30 }));
        Assert.Equal("open no: no such file or directory", (await FailAsync(Read(id, "no", range: null))).Status.Message);
        Assert.Equal("d is not a regular file", (await FailAsync(Read(id, "d", range: null))).Status.Message);
        StatFileResponse directory = await channel.CallAsync(BridgeMethods.StatFile, new StatFileRequest { Ref = id, Path = "/d" }, BridgedEngine.Of("lazy"), Cancelled);
        Assert.Equal(("d", (1u << 31) | 0x1ff), (directory.Stat.Path, directory.Stat.Mode));
        ReadDirResponse some = await channel.CallAsync(
            BridgeMethods.ReadDir, new ReadDirRequest { Ref = id, DirPath = "/", IncludePattern = "a*" }, BridgedEngine.Of("lazy"), Cancelled);
        Assert.Equal([("a", 10L)], some.Entries.Select(static entry => (entry.Path, entry.Size)));

        string failing = (await Solve(bad, evaluate: false)).Result.Ref.Id;
        await FailAsync(channel.CallAsync(BridgeMethods.Evaluate, new EvaluateRequest { Ref = failing }, BridgedEngine.Of("lazy"), Cancelled));
        await FailAsync(Solve(bad, evaluate: true));
        Assert.Equal("", (await Solve(null, evaluate: false)).Result.Ref.Id);
        var both = new SolveRequest { Definition = good, Frontend = "dockerfile.v0" };
        Assert.Equal(
            "cannot solve with both Definition and Frontend specified",
            (await FailAsync(channel.CallAsync(BridgeMethods.Solve, both, BridgedEngine.Of("lazy"), Cancelled))).Status.Message);
        Assert.Equal(
            "invalid frontend: other.v1",
            (await FailAsync(channel.CallAsync(BridgeMethods.Solve, new SolveRequest { Frontend = "other.v1" }, BridgedEngine.Of("lazy"), Cancelled))).Status.Message);
        await ReturnAsync(channel, "lazy", new Result { Ref = new Ref { Id = id } });
        await build;
    }

    [Fact]
    public async Task Inputs_come_back_and_stand_for_contexts()
    {
        await using BridgedEngine engine = BridgedEngine.Open();
        await using RpcChannel channel = await engine.ConnectAsync();
        Pb.Definition file = State.Scratch.File(FileActions.None.MakeFile("/Dockerfile", 0x1a4, "FROM base\nCOPY --from=base /x /y\n"u8.ToArray())).Marshal();
        Pb.Definition other = State.Scratch.File(FileActions.None.MakeFile("/x", 0x1a4, "of the input"u8.ToArray())).Marshal();
        Task<BuildResult> build = engine.SolveAsync(
            "inputs", context: null, new Dictionary<string, Pb.Definition>(StringComparer.Ordinal) { ["dockerfile"] = file }, Cancelled);

        InputsResponse inputs = await channel.CallAsync(BridgeMethods.Inputs, new InputsRequest(), BridgedEngine.Of("inputs"), Cancelled);
        Assert.Equal(file, inputs.Definitions["dockerfile"]);
        SolveResponse solved = await channel.CallAsync(
            BridgeMethods.Solve,
            new SolveRequest
            {
                Frontend = "dockerfile.v0", AllowResultReturn = true, AllowResultArrayRef = true,
                FrontendInputs = { ["dockerfile"] = file, ["context"] = file, ["given"] = other },
                FrontendOpt = { ["context:base"] = "input:given" },
            },
            BridgedEngine.Of("inputs"), Cancelled);
        ReadFileResponse read = await channel.CallAsync(
            BridgeMethods.ReadFile, new ReadFileRequest { Ref = solved.Result.Ref.Id, FilePath = "y" }, BridgedEngine.Of("inputs"), Cancelled);
        Assert.Equal("of the input", read.Data.ToStringUtf8());
        await ReturnAsync(channel, "inputs", solved.Result);
        await build;
    }

    [Fact]
    public async Task A_warning_is_shown_under_its_vertex()
    {
        await using BridgedEngine engine = BridgedEngine.Open();
        await using RpcChannel channel = await engine.ConnectAsync();
        Task<BuildResult> build = engine.SolveAsync("warned", context: null);
        var warning = new WarnRequest
        {
            Digest = Digest.Sha256("x"u8).ToString(), Short = ByteString.CopyFromUtf8("beware"), Detail = { ByteString.CopyFromUtf8("of the dog") },
            Info = new Pb.SourceInfo { Filename = "garden", Data = ByteString.CopyFromUtf8("gate\ndog\n") },
            Ranges = { new Pb.Range { Start = new Pb.Position { Line = 2 }, End = new Pb.Position { Line = 2 } } },
        };

        await channel.CallAsync(BridgeMethods.Warn, warning, BridgedEngine.Of("warned"), Cancelled);
        await ReturnAsync(channel, "warned", new Result { Ref = new Ref() });
        await build;

        BuildWarning shown = Assert.Single(engine.Events.OfType<WarningEvent>()).Warning;
        Assert.Equal((1, "beware", "garden", 2), (shown.Level, shown.Short, shown.Source!.FileName, shown.Source.Ranges[0].StartLine));
        Assert.Equal(["of the dog"], shown.Detail);
    }

    [Fact]
    public async Task A_client_that_is_gone_ends_its_build()
    {
        await using BridgedEngine engine = BridgedEngine.Open();
        await using RpcChannel channel = await engine.ConnectAsync();
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        Task<BuildResult> build = engine.SolveAsync("cut", context: null, inputs: null, gone.Token);
        await channel.CallAsync(BridgeMethods.Ping, new PingRequest(), BridgedEngine.Of("cut"), Cancelled);

        await gone.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => build);
        RpcException late = await FailAsync(channel.CallAsync(
            BridgeMethods.Solve, new SolveRequest(), BridgedEngine.Of("cut"), Cancelled));
        Assert.Equal(StatusCode.NotFound, late.Status.Code);
    }

    private static async Task ReturnAsync(RpcChannel channel, string buildId, Result result) =>
        await channel.CallAsync(BridgeMethods.Return, new ReturnRequest { Result = result }, BridgedEngine.Of(buildId), Cancelled);

    private static Task<RpcException> FailAsync(Task call) => Assert.ThrowsAsync<RpcException>(() => call);
}
