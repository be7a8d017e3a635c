using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using Cairn.Rpc.Hpack;
using Cairn.Rpc.Http2;
using Cairn.Rpc.Tests.Support;
using Xunit;

namespace Cairn.Rpc.Tests.Http2;

/// <summary>What a server says to a client that breaks the rules: RFC 9113, sections 4 to 8.</summary>
public class ServerFaultTests
{
    private static readonly HeaderField[] Get =
        [new(":method", "POST"), new(":scheme", "http"), new(":path", "/a"), new(":authority", "localhost")];

    // Frame type, flags, stream, payload in hex, what the whole connection gets.
    [Theory]
    [InlineData(0, 0, 0, "00", "ProtocolError")]              // DATA on the connection
    [InlineData(0, 0, 1, "00", "ProtocolError")]              // DATA on an idle stream
    [InlineData(0, 8, 1, "", "FrameSizeError")]               // padded, without its length
    [InlineData(1, 4, 0, "82", "ProtocolError")]              // HEADERS on the connection
    [InlineData(1, 4, 2, "82", "ProtocolError")]              // an even stream
    [InlineData(1, 4, 1, "80", "CompressionError")]
    [InlineData(1, 12, 1, "05 82", "ProtocolError")]          // more padding than payload
    [InlineData(1, 0x24, 1, "00 00", "FrameSizeError")]       // too short for its priority
    [InlineData(2, 0, 0, "0000000000", "ProtocolError")]
    [InlineData(3, 0, 0, "00000008", "ProtocolError")]
    [InlineData(3, 0, 1, "00000008", "ProtocolError")]        // RST_STREAM on an idle stream
    [InlineData(3, 0, 1, "000008", "FrameSizeError")]
    [InlineData(4, 0, 1, "", "ProtocolError")]
    [InlineData(4, 0, 0, "0001", "FrameSizeError")]
    [InlineData(4, 1, 0, "000100000000", "FrameSizeError")]   // an acknowledgement with content
    [InlineData(4, 0, 0, "000200000002", "ProtocolError")]    // ENABLE_PUSH = 2
    [InlineData(4, 0, 0, "000480000000", "FlowControlError")] // a window of 2^31
    [InlineData(4, 0, 0, "000500000001", "ProtocolError")]    // frames of one octet
    [InlineData(5, 4, 1, "00000002 82", "ProtocolError")]     // a client pushes
    [InlineData(6, 0, 1, "0000000000000000", "ProtocolError")]
    [InlineData(6, 0, 0, "00", "FrameSizeError")]
    [InlineData(7, 0, 0, "00", "FrameSizeError")]
    [InlineData(7, 0, 1, "0000000000000000", "ProtocolError")]
    [InlineData(8, 0, 0, "00000000", "ProtocolError")]
    [InlineData(8, 0, 0, "7fffffff", "FlowControlError")]
    [InlineData(8, 0, 1, "00000001", "ProtocolError")]        // idle stream
    [InlineData(8, 0, 0, "0001", "FrameSizeError")]
    [InlineData(9, 4, 1, "82", "ProtocolError")]              // CONTINUATION of nothing
    public async Task A_fault_of_the_connection_ends_it_with_its_code(int type, int flags, int stream, string payload, string code)
    {
        await using Http2Connection server = Serve(out Stream transport);
        using WirePeer client = await WirePeer.ClientAsync(transport);
        await client.SendAsync((FrameType)type, (FrameFlags)flags, stream, Convert.FromHexString(payload.Replace(" ", "", StringComparison.Ordinal)));
        Assert.Equal(code, (await client.ReceiveGoAwayAsync()).Code.ToString());
        Assert.Null(await client.ReceiveAsync());
        await server.Closed;
    }

    [Theory]
    [InlineData("connection", "close", "ProtocolError")]
    [InlineData("te", "gzip", "ProtocolError")]
    [InlineData("Upper", "case", "ProtocolError")]
    [InlineData(":unknown", "pseudo", "ProtocolError")]
    [InlineData(":path", "/twice", "ProtocolError")]
    [InlineData("x", "a\nb", "ProtocolError")]
    [InlineData("content-length", "a", "ProtocolError")]
    public async Task A_malformed_request_loses_its_stream_only(string name, string value, string code)
    {
        await using Http2Connection server = Serve(out Stream transport);
        using WirePeer client = await WirePeer.ClientAsync(transport);
        await client.SendHeadersAsync(1, FrameFlags.EndHeaders | FrameFlags.EndStream, [.. Get, new HeaderField(name, value)]);
        Assert.Equal((1, code), await ResetAsync(client));
        await AssertAliveAsync(client, 3);
    }

    [Fact]
    public async Task Too_much_data_for_its_content_length_loses_the_stream()
    {
        await using Http2Connection server = Serve(out Stream transport);
        using WirePeer client = await WirePeer.ClientAsync(transport);
        await client.SendHeadersAsync(1, FrameFlags.EndHeaders, [.. Get, new HeaderField("content-length", "3")]);
        await client.SendAsync(FrameType.Data, FrameFlags.None, 1, new byte[4]);
        Assert.Equal((1, "ProtocolError"), await ResetAsync(client));
        await AssertAliveAsync(client, 3);
    }

    [Fact]
    public async Task More_data_than_the_window_of_a_stream_loses_the_stream()
    {
        Http2Options options = Http2TestOptions.Default with { StreamWindow = 70_000 };
        await using Http2Connection server = Serve(out Stream transport, options, handler: static s => s.Gone);
        using WirePeer client = await WirePeer.ClientAsync(transport);
        await client.SendHeadersAsync(1, FrameFlags.EndHeaders, Get);
        for (int i = 0; i < 5; i++)
        {
            await client.SendAsync(FrameType.Data, FrameFlags.None, 1, new byte[16_000]);
        }

        Assert.Equal((1, "FlowControlError"), await ResetAsync(client));
    }

    [Fact]
    public async Task A_window_update_that_overflows_loses_the_stream()
    {
        await using Http2Connection server = Serve(out Stream transport, handler: static s => s.Gone);
        using WirePeer client = await WirePeer.ClientAsync(transport);
        await client.SendHeadersAsync(1, FrameFlags.EndHeaders, Get);
        await client.SendAsync(FrameType.WindowUpdate, FrameFlags.None, 1, [0x7F, 0xFF, 0xFF, 0xFF]);
        Assert.Equal((1, "FlowControlError"), await ResetAsync(client));
        await AssertAliveAsync(client, 3, ping: true);
    }

    [Fact]
    public async Task One_stream_too_many_is_refused_and_the_others_go_on()
    {
        await using Http2Connection server = Serve(out Stream transport, Http2TestOptions.Default with { MaxStreams = 2 }, static s => s.Gone);
        using WirePeer client = await WirePeer.ClientAsync(transport);
        for (int stream = 1; stream <= 5; stream += 2)
        {
            await client.SendHeadersAsync(stream, FrameFlags.EndHeaders, Get);
        }

        Assert.Equal((5, "RefusedStream"), await ResetAsync(client));
        await AssertAliveAsync(client, 7, ping: true);
    }

    [Fact]
    public async Task A_header_block_without_end_ends_the_connection()
    {
        await using Http2Connection server = Serve(out Stream transport);
        using WirePeer client = await WirePeer.ClientAsync(transport);
        await client.SendHeadersAsync(1, FrameFlags.None, Get);
        await FloodAsync(client, c => c.SendAsync(FrameType.Continuation, FrameFlags.None, 1, []));
        Assert.Equal(Http2ErrorCode.EnhanceYourCalm, (await client.ReceiveGoAwayAsync()).Code);
    }

    [Fact]
    public async Task A_frame_within_a_header_block_ends_the_connection()
    {
        await using Http2Connection server = Serve(out Stream transport);
        using WirePeer client = await WirePeer.ClientAsync(transport);
        await client.SendHeadersAsync(1, FrameFlags.None, Get);
        await client.SendAsync(FrameType.Ping, FrameFlags.None, 0, new byte[8]);
        Assert.Equal(Http2ErrorCode.ProtocolError, (await client.ReceiveGoAwayAsync()).Code);
    }

    [Fact]
    public async Task Headers_in_parts_with_padding_and_priority_are_understood()
    {
        await using Http2Connection server = Serve(out Stream transport);
        using WirePeer client = await WirePeer.ClientAsync(transport);
        byte[] block = client.Encode(Get);
        await client.SendAsync(
            FrameType.Headers, FrameFlags.Padded | FrameFlags.Priority | FrameFlags.EndStream, 1, [3, 0, 0, 0, 0, 16, .. block[..2], 0, 0, 0]);
        await client.SendAsync(FrameType.Continuation, FrameFlags.None, 1, block[2..5]);
        await client.SendAsync(FrameType.Continuation, FrameFlags.EndHeaders, 1, block[5..]);
        Assert.Contains(new HeaderField(":status", "200"), await client.ReceiveHeadersAsync());
    }

    [Theory]
    [InlineData(6, 0, 8)]      // PING
    [InlineData(4, 0, 0)]      // SETTINGS
    [InlineData(2, 1, 5)]      // PRIORITY
    [InlineData(0x42, 0, 0)]   // unknown
    public async Task A_flood_of_frames_that_carry_nothing_ends_the_connection(int type, int stream, int size)
    {
        await using Http2Connection server = Serve(out Stream transport);
        using WirePeer client = await WirePeer.ClientAsync(transport);
        Task<Http2ErrorCode?> end = EndAsync(client);
        await FloodAsync(client, c => c.SendAsync((FrameType)type, FrameFlags.None, stream, new byte[size]));
        Assert.Equal(Http2ErrorCode.EnhanceYourCalm, await end);
        await server.Closed;
    }

    [Fact]
    public async Task Opening_and_resetting_without_end_ends_the_connection_and_never_runs_more_than_twice_the_streams()
    {
        int running = 0;
        int most = 0;
        Http2Options options = Http2TestOptions.Default with { MaxStreams = 10 };
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Http2Connection server = Serve(out Stream transport, options, async s =>
        {
            int now = Interlocked.Increment(ref running);
            InterlockedMax(ref most, now);
            await release.Task;   // a handler that takes no notice of its client
            Interlocked.Decrement(ref running);
        });
        using WirePeer client = await WirePeer.ClientAsync(transport);
        int stream = 1;
        Task<Http2ErrorCode?> end = EndAsync(client);
        await FloodAsync(client, async c =>
        {
            await c.SendHeadersAsync(stream, FrameFlags.EndHeaders, Get);
            await c.SendAsync(FrameType.RstStream, FrameFlags.None, stream, [0, 0, 0, 8]);
            stream += 2;
        });
        Assert.Equal(Http2ErrorCode.EnhanceYourCalm, await end);
        await server.Closed;
        release.SetResult();
        await server.DisposeAsync();
        Assert.InRange(most, 1, 20);
        Assert.Equal(0, running);
    }

    [Fact]
    public async Task A_window_opened_by_crumbs_ends_the_connection()
    {
        await using Http2Connection server = Serve(out Stream transport, handler: async s =>
        {
            s.WriteHeaders([new(":status", "200")], end: false, flush: true);
            await s.WriteAsync(new byte[1 << 20], end: true, flush: true, CancellationToken.None);
        });
        using WirePeer client = await WirePeer.ClientAsync(transport);
        await client.SendAsync(FrameType.Settings, FrameFlags.None, 0, [0, 4, 0, 0, 0, 0]);   // a window of nothing
        await client.SendHeadersAsync(1, FrameFlags.EndHeaders, Get);
        Task<Http2ErrorCode?> end = EndAsync(client);
        await FloodAsync(client, c => c.SendAsync(FrameType.WindowUpdate, FrameFlags.None, 1, [0, 0, 0, 1]));
        Assert.Equal(Http2ErrorCode.EnhanceYourCalm, await end);
    }

    [Fact]
    public async Task Something_else_than_HTTP2_is_turned_away()
    {
        await using Http2Connection server = Serve(out Stream transport);
        using var client = new WirePeer(transport);
        await client.SendRawAsync("GET / HTTP/1.1\r\nhost: a\r\n\r\n"u8.ToArray());
        Assert.Equal(Http2ErrorCode.ProtocolError, (await client.ReceiveGoAwayAsync()).Code);
        await server.Closed;
    }

    private static Http2Connection Serve(out Stream client, Http2Options? options = null, Func<Http2Stream, Task>? handler = null)
    {
        (client, Stream server) = SocketPair.Open();
        return Http2Connection.OpenServer(server, options ?? Http2TestOptions.Default, s => GuardAsync(s, handler ?? EchoAsync));
    }

    private static async Task GuardAsync(Http2Stream stream, Func<Http2Stream, Task> handler)
    {
        try
        {
            await handler(stream);
        }
        catch (IOException)
        {
        }
    }

    private static async Task EchoAsync(Http2Stream stream)
    {
        stream.WriteHeaders([new(":status", "200")], end: false, flush: true);
        while (true)
        {
            ReadResult result = await stream.Input.ReadAsync();
            byte[] octets = result.Buffer.ToArray();
            stream.Input.AdvanceTo(result.Buffer.End);
            await stream.WriteAsync(octets, end: result.IsCompleted, flush: true, CancellationToken.None);
            if (result.IsCompleted)
            {
                return;
            }
        }
    }

    private static async Task AssertAliveAsync(WirePeer client, int stream, bool ping = false)
    {
        if (ping)
        {
            await client.SendAsync(FrameType.Ping, FrameFlags.None, 0, [1, 2, 3, 4, 5, 6, 7, 8]);
            Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8], (await client.ReceiveAsync(FrameType.Ping)).Payload);
            return;
        }

        await client.SendHeadersAsync(stream, FrameFlags.EndHeaders | FrameFlags.EndStream, Get);
        Assert.Contains(new HeaderField(":status", "200"), await client.ReceiveHeadersAsync());
    }

    private static async Task<(int Stream, string Code)> ResetAsync(WirePeer client)
    {
        (int stream, Http2ErrorCode code) = await client.ReceiveResetAsync();
        return (stream, code.ToString());
    }

    // Sends until the other side has had enough.
    private static async Task FloodAsync(WirePeer client, Func<WirePeer, Task> send)
    {
        try
        {
            for (int i = 0; i < 200_000; i++)
            {
                await send(client);
            }
        }
        catch (IOException)
        {
        }
    }

    // The code of the GOAWAY. A flooding client may be cut off before it has read it.
    private static async Task<Http2ErrorCode?> EndAsync(WirePeer client)
    {
        while (await client.ReceiveAsync() is { } frame)
        {
            if (frame.Header.Type == FrameType.GoAway)
            {
                return (Http2ErrorCode)BinaryPrimitives.ReadUInt32BigEndian(frame.Payload.AsSpan(4));
            }
        }

        return null;
    }

    private static void InterlockedMax(ref int target, int value)
    {
        for (int seen = Volatile.Read(ref target); value > seen;)
        {
            int found = Interlocked.CompareExchange(ref target, value, seen);
            seen = found == seen ? value : found;
        }
    }
}
