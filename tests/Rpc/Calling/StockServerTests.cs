using System.Net.Sockets;
using System.Text;
using Cairn.Rpc.Calls;
using Cairn.Rpc.Client;
using Cairn.Rpc.Tests.Support;
using Xunit;

namespace Cairn.Rpc.Tests.Calling;

/// <summary>Our client against the stock Python server.</summary>
public sealed class StockServerTests : IAsyncLifetime
{
    private static readonly RpcCallOptions NoOptions = RpcCallOptions.None;

    private readonly string _directory = Directory.CreateTempSubdirectory("cairn-rpc-").FullName;
    private PythonProgram? _server;
    private RpcChannel? _channel;

    private RpcChannel Channel => _channel!;

    public async ValueTask InitializeAsync() => await StartAsync();

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task All_four_kinds()
    {
        Assert.Equal("hello", await Channel.CallAsync(Wire.Method("Echo"), "hello", NoOptions, CancellationToken.None));
        Assert.Equal(5L * 1000, await StreamAsync("5 1000"));
        await using ClientCall<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> sum = await BeginAsync("Sum");
        await using ClientCall<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> chat = await BeginAsync("Chat");
        for (int i = 0; i < 200; i++)
        {
            await sum.Requests.WriteAsync(new byte[i], CancellationToken.None);
            await chat.Requests.WriteAsync(new byte[i], CancellationToken.None);
            Assert.True(await chat.Responses.MoveNextAsync(CancellationToken.None));
            Assert.Equal(i, chat.Responses.Current.Length);
        }

        Assert.Equal("19900"u8.ToArray(), (await sum.FinishAsync(CancellationToken.None)).ToArray());
        await chat.Requests.CompleteAsync(CancellationToken.None);
        Assert.False(await chat.Responses.MoveNextAsync(CancellationToken.None));
    }

    [Fact]
    public async Task Repeated_and_binary_metadata()
    {
        var headers = new Metadata();
        headers.Add("x-pattern", "*.log");
        headers.Add("x-pattern", "a, b");
        headers.AddBinary("x-octets-bin", [0, 1, 254, 255]);
        await using ClientCall<string, string> call = await Channel.BeginAsync(
            Wire.Method("Headers"), new RpcCallOptions { Headers = headers }, CancellationToken.None);
        await call.Requests.WriteAsync("", CancellationToken.None);
        await call.Requests.CompleteAsync(CancellationToken.None);
        Metadata answered = await call.ReadHeadersAsync(CancellationToken.None);
        Assert.True(await call.Responses.MoveNextAsync(CancellationToken.None));
        Assert.Equal("x-pattern=*.log|x-pattern=a, b|x-octets-bin=0001feff", call.Responses.Current);
        Assert.False(await call.Responses.MoveNextAsync(CancellationToken.None));
        foreach (Metadata metadata in new[] { answered, call.Trailers })
        {
            Assert.Equal(["*.log", "a, b"], metadata.FindAll("x-pattern"));
            Assert.Equal([[0, 1, 254, 255]], metadata.FindAllBinary("x-octets-bin"));
        }
    }

    [Fact]
    public async Task Failures_with_details_and_unknown_methods()
    {
        RpcException e = await Assert.ThrowsAsync<RpcException>(
            () => Channel.CallAsync(Wire.Method("Fail"), "50 %\nKäse", NoOptions, CancellationToken.None));
        Assert.Equal((StatusCode.FailedPrecondition, "50 %\nKäse"), (e.Status.Code, e.Status.Message));
        Assert.Equal([8, 9, 0, 255], e.Status.Details.ToArray());
        Assert.Equal(["one", "two, with a comma"], e.Trailers.FindAll("x-hint"));
        e = await Assert.ThrowsAsync<RpcException>(() => Channel.CallAsync(Wire.Method("Nothing"), "", NoOptions, CancellationToken.None));
        Assert.Equal(StatusCode.Unimplemented, e.Status.Code);
    }

    [Fact]
    public async Task A_server_that_answers_early_stops_the_sending()
    {
        await using ClientCall<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> call = await BeginAsync("Reject");
        await Assert.ThrowsAsync<RpcException>(async () =>
        {
            for (int i = 0; i < 100_000; i++)
            {
                await call.Requests.WriteAsync(new byte[64 << 10], CancellationToken.None);
            }
        });
        RpcException e = await Assert.ThrowsAsync<RpcException>(async () => await call.Responses.MoveNextAsync(CancellationToken.None));
        Assert.Equal((StatusCode.PermissionDenied, "not you"), (e.Status.Code, e.Status.Message));
    }

    [Fact]
    public async Task Deadlines_and_cancellation_reach_the_server()
    {
        string left = await Channel.CallAsync(
            Wire.Method("Remaining"), "", new RpcCallOptions { Timeout = TimeSpan.FromMinutes(5) }, CancellationToken.None);
        Assert.InRange(double.Parse(left, System.Globalization.CultureInfo.InvariantCulture), 200, 301);
        RpcException e = await Assert.ThrowsAsync<RpcException>(() => Channel.CallAsync(
            Wire.Method("Hang"), "", new RpcCallOptions { Timeout = TimeSpan.FromMilliseconds(300) }, CancellationToken.None));
        Assert.Equal(StatusCode.DeadlineExceeded, e.Status.Code);
        Assert.Equal("cancelled", await Channel.CallAsync(Wire.Method("AwaitCancel"), "1", NoOptions, CancellationToken.None));

        using var source = new CancellationTokenSource();
        Task<string>[] calls = [.. Enumerable.Range(0, 20).Select(_ => Channel.CallAsync(Wire.Method("Hang"), "", NoOptions, source.Token))];
        await Channel.CallAsync(Wire.Method("Echo"), "they are there", NoOptions, CancellationToken.None);
        await source.CancelAsync();
        foreach (Task<string> call in calls)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        }

        Assert.Equal("cancelled", await Channel.CallAsync(Wire.Method("AwaitCancel"), "20", NoOptions, CancellationToken.None));
    }

    [Fact]
    public async Task Large_messages_many_calls_and_a_hundred_megabytes()
    {
        byte[] large = new byte[15 << 20];
        new Random(2).NextBytes(large);
        Assert.True((await Channel.CallAsync(Wire.Raw("Echo"), large, NoOptions, CancellationToken.None)).Span.SequenceEqual(large));
        string[] answers = await Task.WhenAll(
            Enumerable.Range(0, 1000).Select(i => Channel.CallAsync(Wire.Method("Echo"), $"{i}", NoOptions, CancellationToken.None)));
        Assert.Equal(Enumerable.Range(0, 1000).Select(i => $"{i}"), answers);
        Assert.Equal(1600L * 65536, await StreamAsync("1600 65536"));
        await using ClientCall<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> sum = await BeginAsync("Sum");
        byte[] part = new byte[65536];
        for (int i = 0; i < 1600; i++)
        {
            await sum.Requests.WriteAsync(part, CancellationToken.None);
        }

        Assert.Equal("104857600"u8.ToArray(), (await sum.FinishAsync(CancellationToken.None)).ToArray());
    }

    [Fact]
    public async Task Compressed_answers_are_understood()
    {
        await StopAsync();
        await StartAsync("gzip");
        string text = new('a', 100_000);
        Assert.Equal(text, await Channel.CallAsync(Wire.Method("Echo"), text, NoOptions, CancellationToken.None));
    }

    [Fact]
    public async Task A_server_that_drains_lets_open_calls_end()
    {
        await StopAsync();
        await StartAsync("drain");
        await using ClientCall<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> chat = await BeginAsync("Chat");
        await chat.Requests.WriteAsync(new byte[1], CancellationToken.None);
        Assert.True(await chat.Responses.MoveNextAsync(CancellationToken.None));
        await _server!.TellAsync();
        RpcException? refused = null;
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        for (int i = 0; i < 6000 && refused is null; i++)
        {
            try
            {
                await Channel.CallAsync(Wire.Method("Echo"), "", NoOptions, CancellationToken.None);
                await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
            }
            catch (RpcException e)
            {
                refused = e;
            }
        }

        // A call that crosses its farewell this server cancels; later ones are not even sent.
        Assert.Contains(refused?.Status.Code, (StatusCode?[])[StatusCode.Unavailable, StatusCode.Cancelled]);
        await chat.Requests.WriteAsync(new byte[2], CancellationToken.None);
        Assert.True(await chat.Responses.MoveNextAsync(CancellationToken.None));
        await chat.Requests.CompleteAsync(CancellationToken.None);
        Assert.False(await chat.Responses.MoveNextAsync(CancellationToken.None));
    }

    private async Task StartAsync(params string[] arguments)
    {
        string path = Path.Combine(_directory, $"{Guid.NewGuid():N}.sock");
        _server = PythonProgram.Start("server.py", [path, .. arguments]);
        Assert.Equal("ready", await _server.LineAsync());
        _channel = RpcChannel.Over(new NetworkStream(SocketPair.Connect(path), ownsSocket: true), new RpcChannelOptions());
    }

    private async Task StopAsync()
    {
        await Channel.DisposeAsync();
        await _server!.DisposeAsync();
    }

    private ValueTask<ClientCall<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>>> BeginAsync(string method) =>
        Channel.BeginAsync(Wire.Raw(method), NoOptions, CancellationToken.None);

    private async Task<long> StreamAsync(string request)
    {
        await using ClientCall<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> call = await BeginAsync("Stream");
        await call.Requests.WriteAsync(Encoding.UTF8.GetBytes(request), CancellationToken.None);
        await call.Requests.CompleteAsync(CancellationToken.None);
        long sum = 0;
        await foreach (ReadOnlyMemory<byte> message in call.Responses)
        {
            sum += message.Length;
        }

        return sum;
    }
}
