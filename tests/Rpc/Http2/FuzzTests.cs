using System.Buffers.Binary;
using System.Net.Sockets;
using Cairn.Rpc.Hpack;
using Cairn.Rpc.Http2;
using Cairn.Rpc.Server;
using Cairn.Rpc.Tests.Support;
using Xunit;

namespace Cairn.Rpc.Tests.Http2;

/// <summary>Connections that say anything at all. Each case has a seed; the listener must outlive them all.</summary>
public sealed class FuzzTests
{
    private const int FirstSeed = 20261121;
    private static readonly TimeSpan CaseDeadline = TimeSpan.FromSeconds(60);

    private static int Cases(int few) => Environment.GetEnvironmentVariable("CAIRN_SOAK") == "1" ? 200_000 : few;

    [Fact]
    public async Task A_server_over_a_stream_survives_malformed_frames()
    {
        var services = new TestServices();
        for (int seed = FirstSeed; seed < FirstSeed + Cases(2000); seed++)
        {
            (Stream client, Stream server) = SocketPair.Open();
            await using StreamServer serving = StreamServer.Over(server, services.Table, new RpcServerOptions { MaxStreams = 20 }, new RpcPeer(null, null));
            await RunCaseAsync(client, seed);
            await serving.Closed.WaitAsync(CaseDeadline, TestContext.Current.CancellationToken);
        }

        await Eventually.HoldsAsync(() => services.Hanging == 0, "no handler is left");
    }

    [Fact]
    public async Task A_listener_survives_malformed_frames()
    {
        string path = Path.Combine(Path.GetTempPath(), $"cairn-rpc-{Guid.NewGuid():N}.sock");
        var services = new TestServices();
        await using RpcServer server = RpcServer.Listen(
            [RpcEndpoint.Unix(path)], services.Table, new RpcServerOptions { MaxStreams = 20 });
        for (int seed = FirstSeed; seed < FirstSeed + (Cases(2000) / 10); seed++)
        {
            await RunCaseAsync(new NetworkStream(SocketPair.Connect(path), ownsSocket: true), seed);
        }

        Assert.Contains(
            "0801", (await PythonProgram.CallAsync($"unix:{path}", "health")).GetRawText(), StringComparison.Ordinal);
        await Eventually.HoldsAsync(() => services.Hanging == 0, "no handler is left");
    }

    [Fact]
    public async Task A_client_survives_malformed_answers()
    {
        for (int seed = FirstSeed; seed < FirstSeed + (Cases(2000) / 4); seed++)
        {
            var random = new Random(seed);
            (Stream near, Stream far) = SocketPair.Open();
            await using Http2Connection client = Http2Connection.OpenClient(near, Http2TestOptions.Default);
            Http2Stream[] streams = new Http2Stream[3];
            for (int i = 0; i < streams.Length; i++)
            {
                streams[i] = await client.OpenStreamAsync(Request("/a"), CancellationToken.None);
                await streams[i].WriteAsync(new byte[100], end: true, flush: true, CancellationToken.None);
            }

            await SendAsync(far, [.. Frame(FrameType.Settings, 0, 0, []), .. Noise(random)]);
            ((NetworkStream)far).Socket.Shutdown(SocketShutdown.Send);
            await SwallowAsync(far, seed);
            await client.Closed.WaitAsync(CaseDeadline, TestContext.Current.CancellationToken);
            foreach (Http2Stream stream in streams)
            {
                await EndAsync(stream);
            }

            await far.DisposeAsync();
        }
    }

    // Everything is sent at once, then the client only listens. Whatever the server makes of it, the end must come.
    private static async Task RunCaseAsync(Stream stream, int seed)
    {
        var random = new Random(seed);
        await using (stream)
        {
            byte[] preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray();
            if (random.Next(20) == 0)
            {
                preface[random.Next(preface.Length)] ^= 0x20;
            }

            byte[] settings = random.Next(20) == 0 ? [] : Frame(FrameType.Settings, 0, 0, []);
            await SendAsync(stream, [.. preface, .. settings, .. Noise(random)]);
            ((NetworkStream)stream).Socket.Shutdown(SocketShutdown.Send);
            await SwallowAsync(stream, seed);
        }
    }

    private static async Task SendAsync(Stream stream, byte[] octets)
    {
        try
        {
            await stream.WriteAsync(octets);
        }
        catch (IOException)
        {
            // Cut off in the middle: an answer like any other.
        }
    }

    private static async Task SwallowAsync(Stream stream, int seed)
    {
        byte[] buffer = new byte[4096];
        using var deadline = new CancellationTokenSource(CaseDeadline);
        try
        {
            while (await stream.ReadAsync(buffer, deadline.Token) > 0)
            {
            }
        }
        catch (IOException)
        {
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"seed {seed}: the connection does not end");
        }
    }

    private static async Task EndAsync(Http2Stream stream)
    {
        try
        {
            while (true)
            {
                System.IO.Pipelines.ReadResult result = await stream.Input.ReadAsync();
                stream.Input.AdvanceTo(result.Buffer.End);
                if (result.IsCompleted)
                {
                    return;
                }
            }
        }
        catch (IOException)
        {
        }
    }

    // Frames that are mostly right, each with a chance to be wrong in type, flags, stream, length or content.
    private static byte[] Noise(Random random)
    {
        List<byte> octets = [];
        var encoder = new HpackEncoder();
        for (int i = random.Next(1, 30); i > 0; i--)
        {
            octets.AddRange(OneFrame(random, encoder));
        }

        for (int i = random.Next(4) == 0 ? random.Next(1, 4) : 0; i > 0 && octets.Count > 0; i--)
        {
            octets[random.Next(octets.Count)] = (byte)random.Next(256);
        }

        if (random.Next(5) == 0)
        {
            int left = random.Next(octets.Count);
            octets.RemoveRange(left, octets.Count - left);   // cut off anywhere
        }

        return [.. octets];
    }

    private static byte[] OneFrame(Random random, HpackEncoder encoder)
    {
        int stream = random.Next(8) switch { 0 => 0, 1 => random.Next(), _ => (2 * random.Next(6)) + 1 };
        var flags = (FrameFlags)(random.Next(6) == 0 ? random.Next(256) : (random.Next(2) * 4) | random.Next(2));
        var type = (FrameType)(random.Next(3) == 0 ? random.Next(12) : random.Next(2));
        byte[] payload;
        switch (type)
        {
            case FrameType.Headers or FrameType.Continuation:
                payload = random.Next(5) == 0 ? Random(random, random.Next(60)) : Block(random, encoder);
                flags |= random.Next(8) == 0 ? FrameFlags.None : FrameFlags.EndHeaders;
                break;
            case FrameType.Settings when random.Next(3) > 0:
                payload = Random(random, 6);
                BinaryPrimitives.WriteUInt16BigEndian(payload, (ushort)random.Next(8));
                (stream, flags) = (0, FrameFlags.None);
                break;
            case FrameType.Ping when random.Next(3) > 0:
                (payload, stream) = (Random(random, 8), 0);
                break;
            case FrameType.RstStream or FrameType.WindowUpdate:
                payload = Random(random, random.Next(5) == 0 ? random.Next(9) : 4);
                break;
            case FrameType.Data when random.Next(3) > 0:
                byte[] message = Random(random, random.Next(200));
                payload = [0, 0, 0, 0, (byte)message.Length, .. message];
                break;
            default:
                payload = Random(random, random.Next(random.Next(10) == 0 ? 20_000 : 40));
                break;
        }

        byte[] frame = Frame(type, flags, stream, payload);
        if (random.Next(30) == 0)
        {
            frame[random.Next(3)] = (byte)random.Next(256);   // a wrong length
        }

        return frame;
    }

    private static byte[] Block(Random random, HpackEncoder encoder)
    {
        List<HeaderField> fields = [.. Request(random.Next(3) switch { 0 => "/t.T/Echo", 1 => "/t.T/Chat", _ => "/t.T/Hang" })];
        if (random.Next(3) == 0)
        {
            fields.RemoveAt(random.Next(fields.Count));
        }

        if (random.Next(3) == 0)
        {
            fields[random.Next(fields.Count)] = new HeaderField(":status", "200");
        }

        var writer = new System.Buffers.ArrayBufferWriter<byte>();
        encoder.Encode(fields, writer);
        return writer.WrittenSpan.ToArray();
    }

    private static HeaderField[] Request(string path) =>
    [
        new(":method", "POST"), new(":scheme", "http"), new(":path", path), new(":authority", "a"), new("content-type", "application/grpc"),
        new("te", "trailers"),
    ];

    private static byte[] Frame(FrameType type, FrameFlags flags, int stream, byte[] payload)
    {
        byte[] frame = new byte[FrameHeader.Size + payload.Length];
        new FrameHeader(payload.Length, type, flags, stream).Write(frame);
        payload.CopyTo(frame, FrameHeader.Size);
        return frame;
    }

    private static byte[] Random(Random random, int length)
    {
        byte[] octets = new byte[length];
        random.NextBytes(octets);
        return octets;
    }
}
