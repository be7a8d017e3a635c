using System.Buffers;
using System.Text;
using Cairn.Protos.Fsutil;
using Cairn.Rpc.Calls;
using Google.Protobuf;

namespace Cairn.Wire.Files;

/// <summary>One message of a file transfer. Its octets are read and written by hand, so that content is copied once and lands in pooled memory.</summary>
/// <remarks>Source: wire-schema.md, <c>fsutil.types.Packet</c>; session.md, section 8.</remarks>
public sealed class FilePacket
{
    private const byte KindTag = 1 << 3;
    private const byte StatTag = (2 << 3) | 2;
    private const byte IdTag = 3 << 3;
    private const byte DataTag = (4 << 3) | 2;

    private byte[]? _rented;

    private FilePacket(PacketKind kind) => Kind = kind;

    /// <summary>How packets travel.</summary>
    public static Marshaller<FilePacket> Marshaller { get; } = new(Read, Write);

    /// <summary>What it is.</summary>
    public PacketKind Kind { get; private init; }

    /// <summary>The entry; null at the end of the list and in packets of other kinds.</summary>
    public Stat? Stat { get; private init; }

    /// <summary>Which entry it is about: its place in the list, counted from 0.</summary>
    public uint Id { get; private init; }

    /// <summary>A part of a content, or the text of an error.</summary>
    public ReadOnlyMemory<byte> Data { get; private init; }

    /// <summary>The text of an error.</summary>
    public string Text => Encoding.UTF8.GetString(Data.Span);

    /// <summary>An entry; null ends the list.</summary>
    public static FilePacket Entry(Stat? stat) => new(PacketKind.Stat) { Stat = stat };

    /// <summary>A wish for a content.</summary>
    public static FilePacket Request(uint id) => new(PacketKind.Request) { Id = id };

    /// <summary>A part of a content; an empty one ends it.</summary>
    public static FilePacket Content(uint id, ReadOnlyMemory<byte> data) => new(PacketKind.Data) { Id = id, Data = data };

    /// <summary>The end.</summary>
    public static FilePacket Finish() => new(PacketKind.Finish);

    /// <summary>A failure.</summary>
    public static FilePacket Failure(string text) => new(PacketKind.Error) { Data = Encoding.UTF8.GetBytes(text) };

    /// <summary>Gives the memory of <see cref="Data"/> back; nobody may read it any more.</summary>
    public void Release()
    {
        if (Interlocked.Exchange(ref _rented, null) is { } rented)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <summary>Most octets before the data of a content packet.</summary>
    internal const int LongestContentHead = 2 + 6 + 6;

    /// <summary>Writes what stands before the data of a content packet.</summary>
    /// <returns>Octets written.</returns>
    internal static int WriteContentHead(Span<byte> destination, uint id, int length)
    {
        int at = WriteKind(destination, PacketKind.Data);
        at += WriteId(destination[at..], id);
        if (length > 0)
        {
            destination[at++] = DataTag;
            at += WireFields.WriteNumber(destination[at..], (uint)length);
        }

        return at;
    }

    private static void Write(FilePacket packet, IBufferWriter<byte> writer)
    {
        int statSize = packet.Stat?.CalculateSize() ?? 0;
        Span<byte> head = writer.GetSpan(LongestContentHead + 6 + statSize);
        int at = packet.Kind == PacketKind.Stat ? 0 : WriteKind(head, packet.Kind);
        if (packet.Stat is { } stat)
        {
            head[at++] = StatTag;
            at += WireFields.WriteNumber(head[at..], (uint)statSize);
            stat.WriteTo(head.Slice(at, statSize));
            at += statSize;
        }

        if (packet.Kind is PacketKind.Request or PacketKind.Data)
        {
            at += WriteId(head[at..], packet.Id);
        }

        if (!packet.Data.IsEmpty)
        {
            head[at++] = DataTag;
            at += WireFields.WriteNumber(head[at..], (uint)packet.Data.Length);
        }

        writer.Advance(at);
        writer.Write(packet.Data.Span);
    }

    private static int WriteKind(Span<byte> destination, PacketKind kind)
    {
        destination[0] = KindTag;
        destination[1] = (byte)kind;
        return 2;
    }

    private static int WriteId(Span<byte> destination, uint id)
    {
        if (id == 0)
        {
            return 0;
        }

        destination[0] = IdTag;
        return 1 + WireFields.WriteNumber(destination[1..], id);
    }

    private static FilePacket Read(ReadOnlySequence<byte> message)
    {
        var reader = new SequenceReader<byte>(message);
        ulong kind = 0;
        ulong id = 0;
        ReadOnlySequence<byte>? stat = null;
        ReadOnlySequence<byte> data = default;
        while (WireFields.TryNext(ref reader, out int field, out ulong number, out ReadOnlySequence<byte> octets))
        {
            switch (field)
            {
                case 1:
                    kind = number;
                    break;
                case 2:
                    stat = octets;
                    break;
                case 3:
                    id = number;
                    break;
                case 4:
                    data = octets;
                    break;
            }
        }

        if (kind > (ulong)PacketKind.Error || id > uint.MaxValue)
        {
            throw new FormatException($"a packet of the unknown type {kind}, id {id}");
        }

        byte[]? rented = null;
        int length = checked((int)data.Length);
        if (length > 0)
        {
            rented = ArrayPool<byte>.Shared.Rent(length);
            data.CopyTo(rented);
        }

        return new FilePacket((PacketKind)kind)
        {
            Stat = stat is { } octetsOfStat ? Stat.Parser.ParseFrom(octetsOfStat) : null,
            Id = (uint)id,
            Data = rented.AsMemory(0, length),
            _rented = rented,
        };
    }
}
