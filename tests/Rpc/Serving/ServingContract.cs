using System.Collections.Concurrent;
using System.Text;
using Cairn.Rpc.Calls;
using Cairn.Rpc.Client;
using Cairn.Rpc.Health;
using Cairn.Rpc.Hpack;
using Cairn.Rpc.Http2;
using Cairn.Rpc.Server;
using Cairn.Rpc.Tests.Support;
using Xunit;

namespace Cairn.Rpc.Tests.Serving;

/// <summary>What callers can rely on, whichever way a server got its connection.</summary>
public abstract class ServingContract : IAsyncLifetime
{
    private static readonly RpcCallOptions NoOptions = RpcCallOptions.None;

    private readonly TestServices _services = new();
    private RpcChannel? _opened;

    private RpcChannel Channel => _opened!;

    public async ValueTask InitializeAsync()
    {
        var options = new RpcServerOptions { MaxReceiveMessage = 20 << 20, Describe = Describe };
        _opened = RpcChannel.Over(await ListenAsync(_services.Table, options), new RpcChannelOptions());
    }

    public async ValueTask DisposeAsync()
    {
        await Channel.DisposeAsync();
        await CloseAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task One_message_there_and_one_back()
    {
        Assert.Equal("hello", await UnaryAsync("Echo", "hello"));
        Assert.Equal("", await UnaryAsync("Echo", ""));
    }

    [Fact]
    public async Task One_message_there_and_many_back()
    {
        await using ClientCall<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> call = await BeginAsync("Stream");
        await call.Requests.WriteAsync("1000 10"u8.ToArray(), CancellationToken.None);
        await call.Requests.CompleteAsync(CancellationToken.None);
        int count = 0;
        await foreach (ReadOnlyMemory<byte> message in call.Responses)
        {
            Assert.Equal(10, message.Length);
            count++;
        }

        Assert.Equal(1000, count);
    }

    [Fact]
    public async Task Many_messages_there_and_one_back()
    {
        await using ClientCall<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> call = await BeginAsync("Sum");
        for (int i = 0; i < 1000; i++)
        {
            await call.Requests.WriteAsync(new byte[i], CancellationToken.None);
        }

        Assert.Equal("499500", Encoding.UTF8.GetString((await call.FinishAsync(CancellationToken.None)).Span));
    }

    [Fact]
    public async Task Messages_both_ways_in_turns()
    {
        await using ClientCall<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> call = await BeginAsync("Chat");
        await call.ReadHeadersAsync(CancellationToken.None);
        for (int i = 0; i < 200; i++)
        {
            await call.Requests.WriteAsync(TestServices.Text(i), CancellationToken.None);
            Assert.True(await call.Responses.MoveNextAsync(CancellationToken.None));
            Assert.Equal(TestServices.Text(i), call.Responses.Current.ToArray());
        }

        await call.Requests.CompleteAsync(CancellationToken.None);
        Assert.False(await call.Responses.MoveNextAsync(CancellationToken.None));
    }

    [Fact]
    public async Task A_thousand_calls_at_once()
    {
        Task<string>[] calls = [.. Enumerable.Range(0, 1000).Select(i => UnaryAsync("Echo", $"call {i}"))];
        string[] answers = await Task.WhenAll(calls);
        Assert.Equal(Enumerable.Range(0, 1000).Select(i => $"call {i}"), answers);
    }

    [Fact]
    public async Task A_thousand_open_streams_answer_in_turns()
    {
        var calls = new List<ClientCall<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>>>();
        for (int i = 0; i < 1000; i++)
        {
            calls.Add(await BeginAsync("Chat"));
        }

        for (int round = 0; round < 3; round++)
        {
            await Task.WhenAll(calls.Select(async (call, i) =>
            {
                await call.Requests.WriteAsync(TestServices.Text(i), CancellationToken.None);
                Assert.True(await call.Responses.MoveNextAsync(CancellationToken.None));
                Assert.Equal(TestServices.Text(i), call.Responses.Current.ToArray());
            }));
        }

        foreach (ClientCall<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> call in calls)
        {
            await call.DisposeAsync();
        }
    }

    [Fact]
    public async Task Repeated_values_stay_separate_and_octets_stay_whole_both_ways()
    {
        var headers = new Metadata();
        headers.Add("x-pattern", "*.log");
        headers.Add("x-pattern", "a, b");
        headers.Add("X-Pattern", "**/*.md");
        headers.AddBinary("x-octets-bin", [0, 1, 254, 255]);
        headers.AddBinary("x-octets-bin", []);
        await using ClientCall<string, string> call = await Channel.BeginAsync(
            Wire.Method("Headers"), new RpcCallOptions { Headers = headers }, CancellationToken.None);
        await call.Requests.WriteAsync("", CancellationToken.None);
        await call.Requests.CompleteAsync(CancellationToken.None);
        Metadata answered = await call.ReadHeadersAsync(CancellationToken.None);
        Assert.True(await call.Responses.MoveNextAsync(CancellationToken.None));
        Assert.Contains("x-pattern=*.log|x-pattern=a, b|x-pattern=**/*.md", call.Responses.Current, StringComparison.Ordinal);
        Assert.False(await call.Responses.MoveNextAsync(CancellationToken.None));
        foreach (Metadata metadata in new[] { answered, call.Trailers })
        {
            Assert.Equal(["*.log", "a, b", "**/*.md"], metadata.FindAll("x-pattern"));
            Assert.Equal([[0, 1, 254, 255], []], metadata.FindAllBinary("x-octets-bin"));
        }
    }

    [Fact]
    public async Task Thousands_of_values_arrive_in_their_order()
    {
        string[] patterns = [.. Enumerable.Range(0, 3000).Select(i => $"some/long/folder/name/*.{i}.generated")];
        var headers = new Metadata();
        foreach (string pattern in patterns)
        {
            headers.Add("x-exclude", pattern);
        }

        await using ClientCall<string, string> call = await Channel.BeginAsync(
            Wire.Method("Headers"), new RpcCallOptions { Headers = headers }, CancellationToken.None);
        await call.Requests.WriteAsync("", CancellationToken.None);
        await call.Requests.CompleteAsync(CancellationToken.None);
        Assert.Equal(patterns, (await call.ReadHeadersAsync(CancellationToken.None)).FindAll("x-exclude"));
        Assert.True(await call.Responses.MoveNextAsync(CancellationToken.None));
        Assert.False(await call.Responses.MoveNextAsync(CancellationToken.None));
        Assert.Equal(patterns, call.Trailers.FindAll("x-exclude"));
    }

    [Fact]
    public async Task A_failure_comes_with_its_code_text_details_and_metadata()
    {
        const string Message = "50 % of \"it\"\nis Käse 🧀";
        RpcException e = await Assert.ThrowsAsync<RpcException>(() => Channel.CallAsync(Wire.Method("Fail"), Message, NoOptions, CancellationToken.None));
        Assert.Equal(StatusCode.FailedPrecondition, e.Status.Code);
        Assert.Equal(Message, e.Status.Message);
        Assert.Equal([8, 9, 0, 255], e.Status.Details.ToArray());
        Assert.Equal(["one", "two, with a comma"], e.Trailers.FindAll("x-hint"));
    }

    [Fact]
    public async Task A_fault_of_a_handler_is_described_and_the_server_lives_on()
    {
        RpcException plain = await Assert.ThrowsAsync<RpcException>(
            () => Channel.CallAsync(Wire.Method("Throw"), "broken", NoOptions, CancellationToken.None));
        Assert.Equal((StatusCode.Unknown, "broken"), (plain.Status.Code, plain.Status.Message));
        RpcException described = await Assert.ThrowsAsync<RpcException>(
            () => Channel.CallAsync(Wire.Method("Throw"), "known", NoOptions, CancellationToken.None));
        Assert.Equal((StatusCode.DataLoss, "as described"), (described.Status.Code, described.Status.Message));
        Assert.Equal("on", await UnaryAsync("Echo", "on"));
    }

    [Fact]
    public async Task An_unknown_method_is_not_implemented()
    {
        RpcException e = await Assert.ThrowsAsync<RpcException>(() => UnaryAsync("Nothing", ""));
        Assert.Equal(StatusCode.Unimplemented, e.Status.Code);
    }

    [Fact]
    public async Task A_handler_of_a_prefix_gets_the_frames_of_methods_it_does_not_know()
    {
        var method = new RpcMethod<string, string>("/proxied.Any/Thing", Wire.Text, Wire.Text);
        await using ClientCall<string, string> call = await Channel.BeginAsync(method, NoOptions, CancellationToken.None);
        await call.Requests.WriteAsync("one", CancellationToken.None);
        await call.Requests.WriteAsync("two", CancellationToken.None);
        await call.Requests.CompleteAsync(CancellationToken.None);
        List<string> answers = [];
        await foreach (string answer in call.Responses)
        {
            answers.Add(answer);
        }

        Assert.Equal(["/proxied.Any/Thing", "one", "two"], answers);
    }

    [Fact]
    public async Task A_deadline_ends_the_call_on_both_sides()
    {
        string left = await Channel.CallAsync(
            Wire.Method("Deadline"), "", new RpcCallOptions { Timeout = TimeSpan.FromMinutes(5) }, CancellationToken.None);
        Assert.InRange(double.Parse(left, System.Globalization.CultureInfo.InvariantCulture), 200, 301);
        Assert.Equal("none", await Channel.CallAsync(Wire.Method("Deadline"), "", NoOptions, CancellationToken.None));

        RpcException e = await Assert.ThrowsAsync<RpcException>(() => Channel.CallAsync(
            Wire.Raw("Hang"), default, new RpcCallOptions { Timeout = TimeSpan.FromMilliseconds(200) }, CancellationToken.None));
        Assert.Equal(StatusCode.DeadlineExceeded, e.Status.Code);
        await Eventually.HoldsAsync(() => _services.Hanging == 0, "the handler has seen the deadline");
    }

    [Fact]
    public async Task Cancelled_calls_are_cancelled_on_the_server()
    {
        using var source = new CancellationTokenSource();
        Task<ReadOnlyMemory<byte>>[] calls =
            [.. Enumerable.Range(0, 1000).Select(_ => Channel.CallAsync(Wire.Raw("Hang"), default, NoOptions, source.Token))];
        await Eventually.HoldsAsync(() => _services.Hanging == 1000, "all calls hang");
        await source.CancelAsync();
        foreach (Task<ReadOnlyMemory<byte>> call in calls)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        }

        await Eventually.HoldsAsync(() => _services.Cancelled == 1000, "all handlers have been cancelled");
        Assert.Equal("on", await UnaryAsync("Echo", "on"));
    }

    [Fact]
    public async Task A_call_that_is_disposed_before_its_end_is_cancelled()
    {
        ClientCall<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> call = await BeginAsync("Hang");
        await call.Requests.WriteAsync(ReadOnlyMemory<byte>.Empty, CancellationToken.None);
        await Eventually.HoldsAsync(() => _services.Hanging == 1, "the call hangs");
        await call.DisposeAsync();
        await Eventually.HoldsAsync(() => _services.Cancelled == 1, "the handler has been cancelled");
    }

    [Fact]
    public async Task A_handler_that_refuses_early_does_not_leave_its_caller_sending()
    {
        await using ClientCall<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> call = await BeginAsync("Reject");
        await Assert.ThrowsAsync<RpcException>(async () =>
        {
            for (int i = 0; i < 10_000; i++)
            {
                await call.Requests.WriteAsync(new byte[64 << 10], CancellationToken.None);
            }
        });
        RpcException e = await Assert.ThrowsAsync<RpcException>(async () => await call.Responses.MoveNextAsync(CancellationToken.None));
        Assert.Equal((StatusCode.PermissionDenied, "not you"), (e.Status.Code, e.Status.Message));
    }

    [Fact]
    public async Task Messages_larger_than_the_windows_arrive_whole()
    {
        byte[] large = new byte[15 << 20];
        new Random(1).NextBytes(large);
        ReadOnlyMemory<byte> back = await Channel.CallAsync(Wire.Raw("Echo"), large, NoOptions, CancellationToken.None);
        Assert.True(back.Span.SequenceEqual(large));
    }

    [Fact]
    public async Task A_message_above_the_limit_is_refused_on_either_side()
    {
        RpcException there = await Assert.ThrowsAsync<RpcException>(
            () => Channel.CallAsync(Wire.Raw("Size"), new byte[(20 << 20) + 1], NoOptions, CancellationToken.None));
        Assert.Equal(StatusCode.ResourceExhausted, there.Status.Code);
        RpcException back = await Assert.ThrowsAsync<RpcException>(
            () => Channel.CallAsync(Wire.Raw("Echo"), new byte[(16 << 20) + 1], NoOptions, CancellationToken.None));
        Assert.Equal(StatusCode.ResourceExhausted, back.Status.Code);
        Assert.Equal("on", await UnaryAsync("Echo", "on"));
    }

    [Fact]
    public async Task A_hundred_megabytes_flow_both_ways()
    {
        Task down = ReadStreamAsync("3200 32768", 3200L * 32768);
        await using ClientCall<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> up = await BeginAsync("Sum");
        byte[] part = new byte[32768];
        for (int i = 0; i < 3200; i++)
        {
            await up.Requests.WriteAsync(part, CancellationToken.None);
        }

        Assert.Equal(TestServices.Text(3200 * 32768), (await up.FinishAsync(CancellationToken.None)).ToArray());
        await down;
    }

    [Fact]
    public async Task A_slow_reader_blocks_neither_other_calls_nor_the_memory()
    {
        long before = GC.GetTotalMemory(forceFullCollection: true);
        await using ClientCall<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> slow = await BeginAsync("Stream");
        await slow.Requests.WriteAsync("30000 32768"u8.ToArray(), CancellationToken.None);   // near a gigabyte
        await slow.Requests.CompleteAsync(CancellationToken.None);
        Assert.True(await slow.Responses.MoveNextAsync(CancellationToken.None));
        await ReadStreamAsync("3200 32768", 3200L * 32768);   // far more than the slow one's window has room for
        for (int i = 0; i < 100; i++)
        {
            Assert.Equal("quick", await UnaryAsync("Echo", "quick"));
        }

        // The window holds 8 MB; the rest of the room is for other tests in this process. Unbounded it would be a gigabyte.
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 256 << 20);
    }

    [Fact]
    public async Task Draining_lets_open_calls_end_and_takes_no_new_ones()
    {
        ClientCall<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> open = await BeginAsync("Chat");
        await open.ReadHeadersAsync(CancellationToken.None);
        Task drained = DrainAsync(TimeSpan.FromMinutes(1));
        RpcException? refused = null;
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        for (int i = 0; i < 10_000 && refused is null; i++)
        {
            try
            {
                await UnaryAsync("Echo", "late");
                await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
            }
            catch (RpcException e)
            {
                refused = e;
            }
        }

        Assert.Equal(StatusCode.Unavailable, refused?.Status.Code);
        await open.Requests.WriteAsync("still"u8.ToArray(), CancellationToken.None);
        Assert.True(await open.Responses.MoveNextAsync(CancellationToken.None));
        await open.Requests.CompleteAsync(CancellationToken.None);
        Assert.False(await open.Responses.MoveNextAsync(CancellationToken.None));
        await open.DisposeAsync();
        await drained;
    }

    [Fact]
    public async Task Draining_cuts_off_what_does_not_end()
    {
        Task<ReadOnlyMemory<byte>> call = Channel.CallAsync(Wire.Raw("Hang"), default, NoOptions, CancellationToken.None);
        await Eventually.HoldsAsync(() => _services.Hanging == 1, "the call hangs");
        await DrainAsync(TimeSpan.FromMilliseconds(100));
        await Assert.ThrowsAsync<RpcException>(() => call);
        await Eventually.HoldsAsync(() => _services.Cancelled == 1, "the handler has been cancelled");
    }

    [Fact]
    public async Task Health_is_told_and_watched()
    {
        Assert.Equal(ServingStatus.Serving, await Channel.CallAsync(HealthMethods.Check, "", NoOptions, CancellationToken.None));
        RpcException e = await Assert.ThrowsAsync<RpcException>(() => Channel.CallAsync(HealthMethods.Check, "a", NoOptions, CancellationToken.None));
        Assert.Equal(StatusCode.NotFound, e.Status.Code);

        await using ClientCall<string, ServingStatus> watch = await Channel.BeginAsync(HealthMethods.Watch, NoOptions, CancellationToken.None);
        await watch.Requests.WriteAsync("a", CancellationToken.None);
        await watch.Requests.CompleteAsync(CancellationToken.None);
        Assert.True(await watch.Responses.MoveNextAsync(CancellationToken.None));
        Assert.Equal(ServingStatus.ServiceUnknown, watch.Responses.Current);
        _services.Health.Set("a", ServingStatus.NotServing);
        Assert.True(await watch.Responses.MoveNextAsync(CancellationToken.None));
        Assert.Equal(ServingStatus.NotServing, watch.Responses.Current);
        Assert.Equal(ServingStatus.NotServing, await Channel.CallAsync(HealthMethods.Check, "a", NoOptions, CancellationToken.None));
    }

    [Fact]
    public async Task A_lost_connection_fails_what_is_open_and_what_comes()
    {
        Task<ReadOnlyMemory<byte>> call = Channel.CallAsync(Wire.Raw("Hang"), default, NoOptions, CancellationToken.None);
        await Eventually.HoldsAsync(() => _services.Hanging == 1, "the call hangs");
        await CloseAsync();
        Assert.Contains((await Assert.ThrowsAsync<RpcException>(() => call)).Status.Code, (StatusCode[])[StatusCode.Unavailable, StatusCode.Cancelled, StatusCode.Internal]);
        await Channel.Closed.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
        Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(() => UnaryAsync("Echo", ""))).Status.Code);
        Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(() => Channel.PingAsync(CancellationToken.None))).Status.Code);
    }

    [Fact]
    public async Task Roles_are_reversed_inside_a_call()
    {
        // The caller serves over the byte stream of its own call; the server is the client there.
        var inner = new TestServices();
        var results = new ConcurrentQueue<string>();
        _services.Table.Add("/t.T/Tunnel", async (call, token) =>
        {
            await using RpcChannel back = RpcChannel.Over(call.AsByteStream(), new RpcChannelOptions());
            results.Enqueue((await back.CallAsync(HealthMethods.Check, "", NoOptions, token)).ToString());
            await using ClientCall<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> stream = await back.BeginAsync(Wire.Raw("Stream"), NoOptions, token);
            await stream.Requests.WriteAsync("1600 65536"u8.ToArray(), token);
            await stream.Requests.CompleteAsync(token);
            long sum = 0;
            while (await stream.Responses.MoveNextAsync(token))
            {
                sum += stream.Responses.Current.Length;
            }

            results.Enqueue($"{sum}");
            await back.Closed;   // the caller ends the tunnel by ending its half
        });
        await using ClientCall<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> call = await BeginAsync("Tunnel");
        await using (StreamServer.Over(call.AsByteStream(), inner.Table, new RpcServerOptions(), new RpcPeer(null, null)))
        {
            await call.ReadHeadersAsync(CancellationToken.None);
            await Eventually.HoldsAsync(() => results.Count == 2, "the server has made its calls");
        }

        while (await call.Responses.MoveNextAsync(CancellationToken.None))
        {
            // What the server said in the tunnel after its other end had gone. The end of the call itself is a good one.
        }

        Assert.Equal(["Serving", $"{1600L * 65536}"], results);
    }

    [Fact]
    public async Task The_end_of_a_call_is_the_end_of_what_runs_inside_it()
    {
        var inside = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var failed = new TaskCompletionSource<StatusCode>(TaskCreationOptions.RunContinuationsAsynchronously);
        var inner = new TestServices();
        _services.Table.Add("/t.T/Tunnel", async (call, token) =>
        {
            await using RpcChannel back = RpcChannel.Over(call.AsByteStream(), new RpcChannelOptions());
            await back.PingAsync(token);
            Task<ReadOnlyMemory<byte>> open = back.CallAsync(Wire.Raw("Hang"), default, NoOptions, CancellationToken.None);
            inside.SetResult();
            failed.SetResult((await Assert.ThrowsAsync<RpcException>(() => open)).Status.Code);
        });
        ClientCall<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> call = await BeginAsync("Tunnel");
        await using (StreamServer.Over(call.AsByteStream(), inner.Table, new RpcServerOptions(), new RpcPeer(null, null)))
        {
            await inside.Task;
            await Eventually.HoldsAsync(() => inner.Hanging == 1, "the call inside hangs");
            await call.DisposeAsync();   // as if the client had been killed
            Assert.Equal(StatusCode.Unavailable, await failed.Task);
            await Eventually.HoldsAsync(() => inner.Cancelled == 1, "its handler has been cancelled");
        }

        Assert.Equal("on", await UnaryAsync("Echo", "on"));
    }

    [Theory]
    [InlineData("GET", "application/grpc", "trailers", "", "405", StatusCode.Internal)]
    [InlineData("POST", "text/plain", "trailers", "", "415", StatusCode.InvalidArgument)]
    [InlineData("POST", "application/grpcx", "trailers", "", "415", StatusCode.InvalidArgument)]
    [InlineData("POST", "application/grpc+proto", "", "", "200", StatusCode.Internal)]
    [InlineData("POST", "application/grpc", "trailers", "5 s", "200", StatusCode.Internal)]
    [InlineData("POST", "application/grpc+proto", "trailers", "5S", "200", StatusCode.Ok)]
    public async Task A_request_that_is_no_call_gets_a_status(string method, string contentType, string te, string timeout, string http, StatusCode status)
    {
        List<HeaderField> fields =
            [new(":method", method), new(":scheme", "http"), new(":path", "/t.T/Echo"), new(":authority", "a"), new("content-type", contentType)];
        fields.AddRange(te.Length > 0 ? [new("te", te)] : []);
        fields.AddRange(timeout.Length > 0 ? [new("grpc-timeout", timeout)] : []);
        using WirePeer client = await WirePeer.ClientAsync(await AnotherAsync());
        await client.SendHeadersAsync(1, FrameFlags.EndHeaders, [.. fields]);
        await client.SendAsync(FrameType.Data, FrameFlags.EndStream, 1, [0, 0, 0, 0, 0]);
        IReadOnlyList<HeaderField> answer = await client.ReceiveHeadersAsync();
        Assert.Contains(new HeaderField(":status", http), answer);
        IReadOnlyList<HeaderField> last = answer.Any(f => f.Name == "grpc-status") ? answer : await client.ReceiveHeadersAsync();
        Assert.Contains(new HeaderField("grpc-status", $"{(int)status}"), last);
    }

    [Theory]
    [InlineData(new byte[] { 2, 0, 0, 0, 0 }, StatusCode.Internal)]             // unknown flag
    [InlineData(new byte[] { 1, 0, 0, 0, 1, 7 }, StatusCode.Internal)]          // compressed with nothing
    [InlineData(new byte[] { 0, 0, 0, 0, 9, 7 }, StatusCode.Internal)]          // cut off
    [InlineData(new byte[] { 0, 255, 255, 255, 255 }, StatusCode.ResourceExhausted)]
    [InlineData(new byte[] { }, StatusCode.Unimplemented)]                      // no request
    [InlineData(new byte[] { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }, StatusCode.Unimplemented)]   // two requests
    public async Task A_malformed_message_gets_a_status(byte[] body, StatusCode status)
    {
        using WirePeer client = await WirePeer.ClientAsync(await AnotherAsync());
        await client.SendHeadersAsync(
            1, FrameFlags.EndHeaders, new(":method", "POST"), new(":scheme", "http"), new(":path", "/t.T/Echo"), new("content-type", "application/grpc"),
            new("te", "trailers"));
        await client.SendAsync(FrameType.Data, FrameFlags.EndStream, 1, body);
        Assert.Contains(new HeaderField("grpc-status", $"{(int)status}"), await client.ReceiveHeadersAsync());
    }

    /// <summary>Serves and connects once.</summary>
    private protected abstract Task<Stream> ListenAsync(RpcServices services, RpcServerOptions options);

    private protected abstract Task DrainAsync(TimeSpan patience);

    private protected abstract ValueTask CloseAsync();

    private static RpcStatus? Describe(Exception e) => e.Message == "known" ? new RpcStatus(StatusCode.DataLoss, "as described") : null;

    // A second connection, so that the first stays free for its channel.
    private async Task<Stream> AnotherAsync()
    {
        await CloseAsync();
        return await ListenAsync(_services.Table, new RpcServerOptions());
    }

    private ValueTask<ClientCall<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>>> BeginAsync(string method) =>
        Channel.BeginAsync(Wire.Raw(method), NoOptions, CancellationToken.None);

    private Task<string> UnaryAsync(string method, string message) =>
        Channel.CallAsync(Wire.Method(method), message, NoOptions, CancellationToken.None);

    private async Task ReadStreamAsync(string request, long expected)
    {
        await using ClientCall<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> call = await BeginAsync("Stream");
        await call.Requests.WriteAsync(Encoding.UTF8.GetBytes(request), CancellationToken.None);
        await call.Requests.CompleteAsync(CancellationToken.None);
        long sum = 0;
        while (await call.Responses.MoveNextAsync(CancellationToken.None))
        {
            sum += call.Responses.Current.Length;
        }

        Assert.Equal(expected, sum);
    }
}
