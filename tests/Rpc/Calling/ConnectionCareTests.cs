using Cairn.Rpc.Calls;
using Cairn.Rpc.Client;
using Cairn.Rpc.Http2;
using Cairn.Rpc.Server;
using Cairn.Rpc.Tests.Support;
using Xunit;

namespace Cairn.Rpc.Tests.Calling;

public class ConnectionCareTests
{
    [Fact]
    public async Task A_server_that_falls_silent_counts_as_lost()
    {
        (Stream near, Stream far) = SocketPair.Open();
        await using Stream silent = far;
        await using RpcChannel channel = RpcChannel.Over(
            near, new RpcChannelOptions { KeepaliveInterval = TimeSpan.FromMilliseconds(50), KeepaliveTimeout = TimeSpan.FromMilliseconds(100) });
        RpcException e = await Assert.ThrowsAsync<RpcException>(
            () => channel.CallAsync(Wire.Method("Echo"), "", RpcCallOptions.None, CancellationToken.None));
        Assert.Equal(StatusCode.Unavailable, e.Status.Code);
        Assert.Contains("silent", e.Status.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_answers_pings_is_kept_however_long_it_works()
    {
        (Stream near, Stream far) = SocketPair.Open();
        var release = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var services = new RpcServices();
        services.AddUnary(Wire.Method("Wait"), (_, _, _) => release.Task);
        await using StreamServer server = StreamServer.Over(far, services, new RpcServerOptions(), new RpcPeer(null, null));
        await using RpcChannel channel = RpcChannel.Over(
            near, new RpcChannelOptions { KeepaliveInterval = TimeSpan.FromMilliseconds(50), KeepaliveTimeout = TimeSpan.FromSeconds(60) });
        Task<string> call = channel.CallAsync(Wire.Method("Wait"), "", RpcCallOptions.None, CancellationToken.None);
        await Task.Delay(TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken);   // many intervals; nothing to poll for
        release.SetResult("done");
        Assert.Equal("done", await call);
    }

    [Fact]
    public async Task Idle_ends_are_pinged_and_answer()
    {
        (Stream near, Stream far) = SocketPair.Open();
        Http2Options options = Http2TestOptions.Default with { KeepaliveInterval = TimeSpan.FromMilliseconds(20) };
        await using Http2Connection server = Http2Connection.OpenServer(near, options, static _ => Task.CompletedTask);
        using WirePeer client = await WirePeer.ClientAsync(far);
        await client.SendAsync(FrameType.Ping, FrameFlags.Ack, 0, (await client.ReceiveAsync(FrameType.Ping)).Payload);
        await client.SendAsync(FrameType.Ping, FrameFlags.Ack, 0, (await client.ReceiveAsync(FrameType.Ping)).Payload);
    }

    [Fact]
    public async Task Calls_above_the_servers_limit_wait_for_their_turn()
    {
        (Stream near, Stream far) = SocketPair.Open();
        int running = 0;
        int most = 0;
        var gate = new Lock();
        var services = new RpcServices();
        services.AddUnary(Wire.Method("Echo"), async (text, _, _) =>
        {
            lock (gate)
            {
                most = Math.Max(most, ++running);
            }

            await Task.Yield();
            lock (gate)
            {
                running--;
            }

            return text;
        });
        await using StreamServer server = StreamServer.Over(far, services, new RpcServerOptions { MaxStreams = 5 }, new RpcPeer(null, null));
        await using RpcChannel channel = RpcChannel.Over(near, new RpcChannelOptions());
        await channel.PingAsync(CancellationToken.None);   // its settings have come
        string[] answers = await Task.WhenAll(
            Enumerable.Range(0, 200).Select(i => channel.CallAsync(Wire.Method("Echo"), $"{i}", RpcCallOptions.None, CancellationToken.None)));
        Assert.Equal(Enumerable.Range(0, 200).Select(i => $"{i}"), answers);
        Assert.InRange(most, 1, 10);   // a handler may be in its last lines when its stream has ended
    }
}
