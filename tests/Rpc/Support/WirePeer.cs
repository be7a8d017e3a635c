using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Cairn.Rpc.Hpack;
using Cairn.Rpc.Http2;

namespace Cairn.Rpc.Tests.Support;

/// <summary>The other end of a connection, under full control of a test: it says exactly what it is told to.</summary>
internal sealed class WirePeer(Stream stream) : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private readonly HpackEncoder _encoder = new();
    private readonly HpackDecoder _decoder = new(4096);

    /// <summary>A client that has said hello.</summary>
    public static async Task<WirePeer> ClientAsync(Stream stream)
    {
        var peer = new WirePeer(stream);
        await peer.SendRawAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray());
        await peer.SendAsync(FrameType.Settings, FrameFlags.None, 0, []);
        return peer;
    }

    public async Task SendRawAsync(byte[] octets) => await stream.WriteAsync(octets);

    public async Task SendAsync(FrameType type, FrameFlags flags, int streamId, byte[] payload)
    {
        byte[] frame = new byte[FrameHeader.Size + payload.Length];
        new FrameHeader(payload.Length, type, flags, streamId).Write(frame);
        payload.CopyTo(frame, FrameHeader.Size);
        await stream.WriteAsync(frame);
    }

    public async Task SendHeadersAsync(int streamId, FrameFlags flags, params HeaderField[] fields) =>
        await SendAsync(FrameType.Headers, flags, streamId, Encode(fields));

    public byte[] Encode(params HeaderField[] fields)
    {
        var writer = new ArrayBufferWriter<byte>();
        _encoder.Encode(fields, writer);
        return writer.WrittenSpan.ToArray();
    }

    /// <summary>The next frame; null at the end of the connection.</summary>
    public async Task<(FrameHeader Header, byte[] Payload)?> ReceiveAsync()
    {
        using var source = new CancellationTokenSource(Deadline);
        byte[] header = new byte[FrameHeader.Size];
        try
        {
            if (await stream.ReadAtLeastAsync(header, header.Length, throwOnEndOfStream: false, source.Token) < header.Length)
            {
                return null;
            }

            FrameHeader frame = FrameHeader.Read(header);
            byte[] payload = new byte[frame.Length];
            await stream.ReadExactlyAsync(payload, source.Token);
            return (frame, payload);
        }
        catch (IOException)
        {
            return null;   // reset by the other side: the same end
        }
    }

    /// <summary>Reads on until a frame of this type that is no acknowledgement.</summary>
    public async Task<(FrameHeader Header, byte[] Payload)> ReceiveAsync(FrameType type)
    {
        while (await ReceiveAsync() is { } frame)
        {
            if (frame.Header.Type == type && !(type == FrameType.Settings && frame.Header.Has(FrameFlags.Ack)))
            {
                return frame;
            }
        }

        throw new EndOfStreamException($"the connection ended before a frame of type {type}");
    }

    /// <summary>Reads on until the connection is said to be over.</summary>
    public async Task<(Http2ErrorCode Code, string Reason)> ReceiveGoAwayAsync()
    {
        byte[] payload = (await ReceiveAsync(FrameType.GoAway)).Payload;
        return ((Http2ErrorCode)BinaryPrimitives.ReadUInt32BigEndian(payload.AsSpan(4)), Encoding.UTF8.GetString(payload.AsSpan(8)));
    }

    /// <summary>Reads on until a stream is reset.</summary>
    public async Task<(int Stream, Http2ErrorCode Code)> ReceiveResetAsync()
    {
        (FrameHeader header, byte[] payload) = await ReceiveAsync(FrameType.RstStream);
        return (header.StreamId, (Http2ErrorCode)BinaryPrimitives.ReadUInt32BigEndian(payload));
    }

    public async Task<IReadOnlyList<HeaderField>> ReceiveHeadersAsync()
    {
        var block = new HeaderBlock(1 << 20);
        _decoder.Decode((await ReceiveAsync(FrameType.Headers)).Payload, block);
        return block.Fields;
    }

    public void Dispose() => stream.Dispose();
}
