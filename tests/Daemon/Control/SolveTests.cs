using Cairn.Daemon.Tests.Support;
using Cairn.Protos.Control;
using Cairn.Rpc.Calls;
using Cairn.Rpc.Client;
using Cairn.Wire.Errors;
using Cairn.Wire.Methods;
using Google.Protobuf;
using Xunit;
using Pb = Cairn.Protos.Pb;
using Vertex = Cairn.Protos.Control.Vertex;

namespace Cairn.Daemon.Tests.Control;

/// <summary>control-and-status.md, sections 1 to 3 and 17.</summary>
public sealed class SolveTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_definition_is_built_and_its_news_can_be_read_afterwards_from_the_beginning()
    {
        await using RunningDaemon daemon = await RunningDaemon.StartAsync();
        await using RpcChannel channel = await daemon.ConnectAsync(Token);
        await channel.SolveAsync(new SolveRequest { Ref = "one", Definition = ControlClient.File("a", "x") });

        List<StatusResponse> news = await channel.ReadAllAsync(ControlMethods.Status, new StatusRequest { Ref = "one" });

        List<Vertex> vertices = [.. news.SelectMany(static n => n.Vertexes)];
        Assert.Null(vertices[0].Started);
        Assert.NotNull(vertices[^1].Completed);
        Assert.All(vertices, v => Assert.Equal(vertices[0].Digest, v.Digest));
    }

    [Fact]
    public async Task A_reader_that_comes_before_the_build_gets_all_of_it_and_the_time_of_the_daemon()
    {
        await using RunningDaemon daemon = await RunningDaemon.StartAsync();
        await using RpcChannel channel = await daemon.ConnectAsync(Token);
        await using ClientCall<StatusRequest, StatusResponse> early = await channel.BeginAsync(ControlMethods.Status, new RpcCallOptions(), Token);
        await early.Requests.WriteAsync(new StatusRequest { Ref = "early" }, Token);
        await early.Requests.CompleteAsync(Token);
        Metadata headers = await early.ReadHeadersAsync(Token);
        Assert.True(DateTimeOffset.TryParse(headers.Find("buildkit-current-timestamp"), out _));

        await channel.SolveAsync(new SolveRequest { Ref = "early", Definition = ControlClient.File("a", "early") });

        List<Vertex> vertices = [];
        while (await early.Responses.MoveNextAsync(Token))
        {
            vertices.AddRange(early.Responses.Current.Vertexes);
        }

        Assert.NotNull(vertices[^1].Completed);
    }

    [Fact]
    public async Task Nobody_tells_news_of_a_build_that_does_not_come()
    {
        await using RunningDaemon daemon = await RunningDaemon.StartAsync();
        await using RpcChannel channel = await daemon.ConnectAsync(Token);
        RpcException error = await ControlClient.FailAsync(() => channel.ReadAllAsync(ControlMethods.Status, new StatusRequest { Ref = "never" }));
        Assert.Equal((StatusCode.NotFound, "no such job never"), (error.Status.Code, error.Status.Message));
    }

    [Fact]
    public async Task A_name_is_taken_while_its_build_can_still_be_read()
    {
        await using RunningDaemon daemon = await RunningDaemon.StartAsync();
        await using RpcChannel channel = await daemon.ConnectAsync(Token);
        var request = new SolveRequest { Ref = "twice", Definition = ControlClient.File("a", "x") };
        await channel.SolveAsync(request);
        RpcException error = await ControlClient.FailAsync(() => channel.SolveAsync(request));
        Assert.Equal("job ID twice exists", error.Status.Message);
    }

    public static TheoryData<string, Action<SolveRequest>> Refused => new()
    {
        { "exporter \"nonsense\" could not be found", r => r.Exporters.Add(new Exporter { Type = "nonsense" }) },
        { "exporter \"old\" could not be found", r => r.ExporterDeprecated = "old" },
        { "unsupported compatibility-version 31: upgrade buildkit (max supported: 30)", r => r.CompatibilityVersion = 31 },
        { "unsupported compatibility-version 15 (supported: [10 20 30])", r => r.CompatibilityVersion = 15 },
        { "source policies are not supported", r => r.SourcePolicy = new Protos.SourcePolicies.Policy { Rules = { new Protos.SourcePolicies.Rule() } } },
        { "source policies are not supported", r => r.SourcePolicySession = "one" },
        { "the proxy network is not supported", r => r.ProxyNetwork = true },
        { "duplicate cache exports [registry registry]", r => r.Cache = new CacheOptions
            {
                ExportRefDeprecated = "a/b",
                Exports = { new CacheOptionsEntry { Type = "registry", Attrs = { ["ref"] = "a/b" } } },
            }
        },
        { "unknown cache exporter: \"nonsense\"", r => r.Cache = new CacheOptions { Exports = { new CacheOptionsEntry { Type = "nonsense" } } } },
        { "unknown entitlement nonsense", r => r.Entitlements.Add("nonsense") },
        { "granting entitlement network.host is not allowed by build daemon configuration", r => r.Entitlements.Add("network.host") },
        { "invalid frontend: nonsense", r => r.Frontend = "nonsense" },
    };

    [Theory]
    [MemberData(nameof(Refused), DisableDiscoveryEnumeration = true)]
    public async Task What_does_not_exist_is_refused_before_any_work(string message, Action<SolveRequest> change)
    {
        await using RunningDaemon daemon = await RunningDaemon.StartAsync();
        await using RpcChannel channel = await daemon.ConnectAsync(Token);
        var request = new SolveRequest { Ref = "bad", Definition = ControlClient.File("a", "x") };
        change(request);
        RpcException error = await ControlClient.FailAsync(() => channel.SolveAsync(request));
        Assert.Contains(message, error.Status.Message, StringComparison.Ordinal);
        await channel.SolveAsync(new SolveRequest { Ref = "good", Definition = ControlClient.File("a", "x") });
    }

    [Fact]
    public async Task A_right_that_was_not_granted_fails_the_load()
    {
        await using RunningDaemon daemon = await RunningDaemon.StartAsync();
        await using RpcChannel channel = await daemon.ConnectAsync(Token);
        var exec = new Pb.Op { Exec = new Pb.ExecOp { Network = Pb.NetMode.Host, Meta = new Pb.Meta { Args = { "true" }, Cwd = "/" }, Mounts = { new Pb.Mount { Input = -1, Dest = "/", Output = 0 } } } };
        var terminal = new Pb.Op { Inputs = { new Pb.Input { Digest = Cairn.Llb.Digest.Sha256(exec.ToByteArray()).ToString() } } };
        var definition = new Pb.Definition { Def = { exec.ToByteString(), terminal.ToByteString() } };
        RpcException error = await ControlClient.FailAsync(() => channel.SolveAsync(new SolveRequest { Ref = "r", Definition = definition }));
        Assert.Contains("network.host is not allowed", error.Status.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_step_that_fails_is_named_in_the_details()
    {
        await using RunningDaemon daemon = await RunningDaemon.StartAsync();
        await using RpcChannel channel = await daemon.ConnectAsync(Token);
        Pb.Definition definition = Cairn.Llb.Building.State.Scratch.File(Cairn.Llb.Building.FileActions.None.Remove("/nothing")).Marshal();
        RpcException error = await ControlClient.FailAsync(() => channel.SolveAsync(new SolveRequest { Ref = "failing", Definition = definition }));
        Assert.StartsWith("sha256:", Assert.Single(ErrorStatus.From(error.Status).Details.OfType<Cairn.Protos.Errdefs.Vertex>()).Digest, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cancelling_the_call_cancels_the_build()
    {
        await using RunningDaemon daemon = await RunningDaemon.StartAsync();
        await using RpcChannel channel = await daemon.ConnectAsync(Token);
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Token);

        // Its own frontend, which never answers.
        Task<SolveResponse> build = channel.CallAsync(ControlMethods.Solve, new SolveRequest { Ref = "waiting" }, new RpcCallOptions(), cancel.Token);
        while ((await channel.HistoryAsync(static r => r.ActiveOnly = true)).Count == 0)
        {
            Token.ThrowIfCancellationRequested();
        }

        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => build);
        List<BuildHistoryEvent> ended;
        do
        {
            ended = await channel.HistoryAsync();
        }
        while (ended.Count != 1 || ended[0].Type != BuildHistoryEventType.Complete);

        Assert.Equal((int)StatusCode.Cancelled, ended[0].Record.Error.Code);
    }

    [Fact]
    public async Task Definitions_that_are_broken_anywhere_are_refused_and_the_daemon_lives_on()
    {
        await using RunningDaemon daemon = await RunningDaemon.StartAsync();
        await using RpcChannel channel = await daemon.ConnectAsync(Token);
        byte[] good = ControlClient.File("a", "fuzz").ToByteArray();
        var random = new Random(4711);
        for (int i = 0; i < 300; i++)
        {
            byte[] bytes = [.. good];
            for (int change = random.Next(1, 5); change > 0; change--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            Pb.Definition definition;
            try
            {
                definition = Pb.Definition.Parser.ParseFrom(bytes, 0, random.Next(4) == 0 ? random.Next(bytes.Length) : bytes.Length);
            }
            catch (InvalidProtocolBufferException)
            {
                continue;   // it would not get as far as Solve
            }

            try
            {
                await channel.SolveAsync(new SolveRequest { Ref = $"fuzz-{i}", Definition = definition, Internal = true });
            }
            catch (RpcException e)
            {
                Assert.NotEqual(StatusCode.Unavailable, e.Status.Code);
            }
        }

        await channel.SolveAsync(new SolveRequest { Ref = "after", Definition = ControlClient.File("a", "fuzz") });
    }

    [Fact]
    public async Task Two_hundred_small_builds_at_once_all_end_and_a_reader_that_does_not_read_holds_none_up()
    {
        const int Builds = 200;
        await using RunningDaemon daemon = await RunningDaemon.StartAsync();
        await using RpcChannel lazy = await daemon.ConnectAsync(Token);
        await using ClientCall<BuildHistoryRequest, BuildHistoryEvent> unread = await lazy.BeginAsync(ControlMethods.ListenBuildHistory, new RpcCallOptions(), Token);
        await unread.Requests.WriteAsync(new BuildHistoryRequest(), Token);
        await using RpcChannel channel = await daemon.ConnectAsync(Token);

        await Task.WhenAll(Enumerable.Range(0, Builds).Select(async i =>
        {
            string id = $"many-{i}";
            Task<List<StatusResponse>> news = channel.ReadAllAsync(ControlMethods.Status, new StatusRequest { Ref = id });
            await channel.SolveAsync(new SolveRequest { Ref = id, Definition = ControlClient.File("a", $"content {i % 20}") });
            Assert.Contains(await news, static n => n.Vertexes.Any(static v => v.Completed is not null));
        }));
    }
}
