using System.Buffers;
using System.Text;
using Google.Protobuf;
using Google.Protobuf.Collections;

namespace Cairn.Llb.Graphs;

/// <summary>Bytes of a protobuf message being written field by field.</summary>
/// <remarks>For messages with maps: the generated writer leaves out empty map values and keeps insertion order, the reference client does neither.</remarks>
internal sealed class WireBuffer
{
    private readonly ArrayBufferWriter<byte> _bytes = new();

    public byte[] ToArray() => _bytes.WrittenSpan.ToArray();

    public void Raw(ReadOnlySpan<byte> bytes) => _bytes.Write(bytes);

    /// <summary>A field that is left out when it is false.</summary>
    public void Flag(int field, bool value)
    {
        if (value)
        {
            Varint(Tag(field, WireFormat.WireType.Varint));
            Varint(1);
        }
    }

    /// <summary>A field that is left out when it is zero.</summary>
    public void Integer(int field, long value)
    {
        if (value != 0)
        {
            Varint(Tag(field, WireFormat.WireType.Varint));
            Varint((ulong)value);
        }
    }

    /// <summary>A text field that is left out when it is empty.</summary>
    public void Text(int field, string value)
    {
        if (value.Length > 0)
        {
            Delimited(field, Encoding.UTF8.GetBytes(value));
        }
    }

    /// <summary>A message field; null is left out, an empty message is not.</summary>
    public void Message(int field, IMessage? message)
    {
        if (message is not null)
        {
            Delimited(field, message.ToByteArray());
        }
    }

    public void Delimited(int field, ReadOnlySpan<byte> bytes)
    {
        Varint(Tag(field, WireFormat.WireType.LengthDelimited));
        Varint((ulong)bytes.Length);
        _bytes.Write(bytes);
    }

    /// <summary>A map field: entries by the bytes of their keys, values written even when they are empty.</summary>
    public void Map<T>(int field, MapField<string, T> map, Action<WireBuffer, T> writeValue)
    {
        foreach ((string key, T value) in map.OrderBy(entry => entry.Key, Utf8Order.Instance))
        {
            var entry = new WireBuffer();
            entry.Delimited(1, Encoding.UTF8.GetBytes(key));
            writeValue(entry, value);
            Delimited(field, entry._bytes.WrittenSpan);
        }
    }

    public void TextMap(int field, MapField<string, string> map) =>
        Map(field, map, static (entry, value) => entry.Delimited(2, Encoding.UTF8.GetBytes(value)));

    public void FlagMap(int field, MapField<string, bool> map) =>
        Map(field, map, static (entry, value) =>
        {
            entry.Varint(Tag(2, WireFormat.WireType.Varint));
            entry.Varint(value ? 1u : 0u);
        });

    private static uint Tag(int field, WireFormat.WireType type) => WireFormat.MakeTag(field, type);

    private void Varint(ulong value)
    {
        Span<byte> span = _bytes.GetSpan(10);
        int count = 0;
        for (; value >= 0x80; value >>= 7)
        {
            span[count++] = (byte)(value | 0x80);
        }

        span[count++] = (byte)value;
        _bytes.Advance(count);
    }
}
