using Cairn.Daemon.Tests.Support;
using Cairn.Integration.Tests;
using Cairn.Protos.ContentStore;
using Cairn.Protos.Control;
using Cairn.Rpc.Calls;
using Cairn.Rpc.Client;
using Cairn.Wire.Methods;
using Xunit;
using GoogleStatus = Cairn.Protos.GoogleRpc.Status;
using StatusRequest = Cairn.Protos.Control.StatusRequest;
using StatusResponse = Cairn.Protos.Control.StatusResponse;

namespace Cairn.Daemon.Tests.Control;

/// <summary>control-and-status.md, section 20.</summary>
public sealed class HistoryTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_build_is_in_the_history_when_its_answer_comes_and_after_a_restart_of_the_daemon()
    {
        using var workspace = new Workspace();
        await using (RunningDaemon daemon = await RunningDaemon.StartAsync(workspace))
        {
            await using RpcChannel channel = await daemon.ConnectAsync(Token);
            var request = new SolveRequest { Ref = "kept", Definition = ControlClient.File("a", "x") };
            request.FrontendAttrs["target"] = "t";
            await channel.SolveAsync(request);
            Check(Assert.Single(await channel.HistoryAsync(static r => r.Ref = "kept")).Record);
        }

        await using (RunningDaemon daemon = await RunningDaemon.StartAsync(workspace))
        {
            await using RpcChannel channel = await daemon.ConnectAsync(Token);
            BuildHistoryRecord record = Assert.Single(await channel.HistoryAsync()).Record;
            Check(record);
            List<StatusResponse> news = await channel.ReadAllAsync(ControlMethods.Status, new StatusRequest { Ref = "kept" });
            Assert.Contains(news, static n => n.Vertexes.Any(static v => v.Completed is not null));
            Assert.Equal(record.Logs.Size, (await channel.CallAsync(ContentMethods.Info, new Protos.ContentStore.InfoRequest { Digest = record.Logs.Digest }, new RpcCallOptions(), Token)).Info.Size);
            byte[] blob = [.. (await channel.ReadAllAsync(ContentMethods.Read, new ReadContentRequest { Digest = record.Logs.Digest })).SelectMany(static r => r.Data)];
            Assert.Equal(record.Logs.Digest, Cairn.Llb.Digest.Sha256(blob).ToString());
            byte[] part = [.. (await channel.ReadAllAsync(ContentMethods.Read, new ReadContentRequest { Digest = record.Logs.Digest, Offset = 4, Size = 7 })).SelectMany(static r => r.Data)];
            Assert.Equal(blob[4..11], part);
        }

        static void Check(BuildHistoryRecord record)
        {
            Assert.Equal(("kept", "t", 1, 1), (record.Ref, record.FrontendAttrs["target"], record.NumTotalSteps, record.NumCompletedSteps));
            Assert.Equal("application/vnd.buildkit.status.v0", record.Logs.MediaType);
            Assert.NotNull(record.CompletedAt);
            Assert.Null(record.Error);
        }
    }

    [Fact]
    public async Task A_failed_build_keeps_its_error_with_the_details()
    {
        await using RunningDaemon daemon = await RunningDaemon.StartAsync();
        await using RpcChannel channel = await daemon.ConnectAsync(Token);
        await ControlClient.FailAsync(() => channel.SolveAsync(new SolveRequest
        {
            Ref = "failed", Definition = Cairn.Llb.Building.State.Scratch.File(Cairn.Llb.Building.FileActions.None.Remove("/nothing")).Marshal(),
        }));
        BuildHistoryRecord record = Assert.Single(await channel.HistoryAsync()).Record;
        Assert.Empty(record.Error.Details);
        byte[] blob = [.. (await channel.ReadAllAsync(ContentMethods.Read, new ReadContentRequest { Digest = record.ExternalError.Digest })).SelectMany(static r => r.Data)];
        GoogleStatus status = GoogleStatus.Parser.ParseFrom(blob);
        Assert.Equal(record.Error.Message, status.Message);
        Assert.NotEmpty(status.Details);
    }

    [Fact]
    public async Task Listeners_hear_builds_begin_end_and_go()
    {
        await using RunningDaemon daemon = await RunningDaemon.StartAsync();
        await using RpcChannel channel = await daemon.ConnectAsync(Token);
        await using ClientCall<BuildHistoryRequest, BuildHistoryEvent> listener = await channel.BeginAsync(ControlMethods.ListenBuildHistory, new RpcCallOptions(), Token);
        await listener.Requests.WriteAsync(new BuildHistoryRequest { ActiveOnly = true }, Token);
        await listener.Requests.CompleteAsync(Token);
        await listener.ReadHeadersAsync(Token);

        // The listener is there when it hears of a build; the first may begin before that.
        int builds = 0;
        Task<bool> heard = listener.Responses.MoveNextAsync(Token).AsTask();
        do
        {
            await channel.SolveAsync(new SolveRequest { Ref = $"b{++builds}", Definition = ControlClient.File("a", "x") });
        }
        while (!heard.IsCompleted);

        await heard;
        string first = listener.Responses.Current.Record.Ref;
        string last = $"b{builds + 1}";
        await channel.SolveAsync(new SolveRequest { Ref = last, Definition = ControlClient.File("a", "x") });
        await channel.CallAsync(ControlMethods.UpdateBuildHistory, new UpdateBuildHistoryRequest { Ref = last, Delete = true }, new RpcCallOptions(), Token);
        List<BuildHistoryEventType> events = [];
        while (events.Count < 3 && await listener.Responses.MoveNextAsync(Token))
        {
            if (listener.Responses.Current.Record.Ref == last)
            {
                events.Add(listener.Responses.Current.Type);
            }
        }

        Assert.Equal([BuildHistoryEventType.Started, BuildHistoryEventType.Complete, BuildHistoryEventType.Deleted], events);
        Assert.NotEqual(last, first);
        Assert.Empty(await channel.HistoryAsync(r => r.Ref = last));
    }

    [Fact]
    public async Task Records_are_selected_by_filters_and_a_limit_and_may_be_pinned()
    {
        await using RunningDaemon daemon = await RunningDaemon.StartAsync();
        await using RpcChannel channel = await daemon.ConnectAsync(Token);
        await channel.SolveAsync(new SolveRequest { Ref = "good", Definition = ControlClient.File("a", "x") });
        await ControlClient.FailAsync(() => channel.SolveAsync(new SolveRequest { Ref = "wrong", Frontend = "dockerfile.v0" }));

        Assert.Equal(["good"], await Refs("status==completed"));
        Assert.Equal(["wrong"], await Refs("status==error"));
        Assert.Equal(["good", "wrong"], await Refs("status==error", "ref==good"));
        Assert.Equal(["good", "wrong"], await Refs("startedAt>=1h"));
        Assert.Empty(await Refs("duration>1h"));
        Assert.Equal(["wrong"], (await channel.HistoryAsync(static r => r.Limit = 1)).Select(static e => e.Record.Ref));
        Assert.Contains("invalid limit -1", (await ControlClient.FailAsync(() => channel.HistoryAsync(static r => r.Limit = -1))).Status.Message, StringComparison.Ordinal);
        Assert.Contains("nonsense", (await ControlClient.FailAsync(() => channel.HistoryAsync(static r => r.Filter.Add("nonsense==1")))).Status.Message, StringComparison.Ordinal);

        await channel.CallAsync(ControlMethods.UpdateBuildHistory, new UpdateBuildHistoryRequest { Ref = "good", Pinned = true }, new RpcCallOptions(), Token);
        BuildHistoryRecord pinned = Assert.Single(await channel.HistoryAsync(static r => r.Ref = "good")).Record;
        Assert.Equal((true, 1), (pinned.Pinned, pinned.Generation));
        RpcException unknown = await ControlClient.FailAsync(() => channel.CallAsync(
            ControlMethods.UpdateBuildHistory, new UpdateBuildHistoryRequest { Ref = "nobody", Pinned = true }, new RpcCallOptions(), Token));
        Assert.Equal("failed to retrieve ref nobody: file does not exist", unknown.Status.Message);

        async Task<IEnumerable<string>> Refs(params string[] filters) =>
            (await channel.HistoryAsync(r => r.Filter.Add(filters))).Select(static e => e.Record.Ref);
    }

    [Fact]
    public async Task A_reference_that_nobody_knows_is_no_error()
    {
        await using RunningDaemon daemon = await RunningDaemon.StartAsync();
        await using RpcChannel channel = await daemon.ConnectAsync(Token);
        Assert.Empty(await channel.HistoryAsync(static r => r.Ref = "nobody"));
    }

    [Fact]
    public async Task An_internal_build_leaves_no_record()
    {
        await using RunningDaemon daemon = await RunningDaemon.StartAsync();
        await using RpcChannel channel = await daemon.ConnectAsync(Token);
        await channel.SolveAsync(new SolveRequest { Ref = "silent", Internal = true, Definition = ControlClient.File("a", "x") });
        Assert.Empty(await channel.HistoryAsync());
    }

    [Fact]
    public async Task The_content_store_cannot_be_written_and_says_what_it_lacks()
    {
        await using RunningDaemon daemon = await RunningDaemon.StartAsync();
        await using RpcChannel channel = await daemon.ConnectAsync(Token);
        string digest = Cairn.Llb.Digest.Sha256("nothing"u8).ToString();
        Assert.Equal(StatusCode.NotFound, (await ControlClient.FailAsync(() => channel.CallAsync(ContentMethods.Info, new Protos.ContentStore.InfoRequest { Digest = digest }, new RpcCallOptions(), Token))).Status.Code);
        Assert.Equal(StatusCode.InvalidArgument, (await ControlClient.FailAsync(() => channel.CallAsync(ContentMethods.Info, new Protos.ContentStore.InfoRequest { Digest = "x" }, new RpcCallOptions(), Token))).Status.Code);
        Assert.Contains("read-only content store", (await ControlClient.FailAsync(() => channel.CallAsync(ContentMethods.Delete, new DeleteContentRequest { Digest = digest }, new RpcCallOptions(), Token))).Status.Message, StringComparison.Ordinal);
    }
}
