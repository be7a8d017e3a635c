using System.Buffers;
using System.Text;

namespace Cairn.Rpc.Hpack;

/// <summary>Turns fields into header blocks. One for each direction of a connection; blocks must go out in the order they were made.</summary>
/// <remarks>Source: RFC 7541. Owned by the writing side of its connection, under its lock.</remarks>
internal sealed class HpackEncoder
{
    /// <summary>Table size of a connection before any settings, and the most this encoder uses.</summary>
    public const int DefaultTableSize = 4096;

    private readonly DynamicTable _table = new(DefaultTableSize);
    private int? _smallest;   // least size since the last block, if the peer has changed it; it must be told before the final one

    /// <summary>Takes over the table size of the peer's settings.</summary>
    public void SetPeerTableSize(long size)
    {
        int bounded = (int)Math.Min(size, DefaultTableSize);
        if (bounded != _table.MaxSize || _smallest is not null)
        {
            _smallest = Math.Min(_smallest ?? int.MaxValue, bounded);
            _table.Resize(bounded);
        }
    }

    /// <summary>Appends one block that holds the fields in their order.</summary>
    public void Encode(IEnumerable<HeaderField> fields, IBufferWriter<byte> block)
    {
        if (_smallest is { } smallest)
        {
            _smallest = null;
            if (smallest < _table.MaxSize)
            {
                WriteInteger(block, 0x20, 5, smallest);
            }

            WriteInteger(block, 0x20, 5, _table.MaxSize);
        }

        foreach (HeaderField field in fields)
        {
            Encode(field, block);
        }
    }

    private void Encode(HeaderField field, IBufferWriter<byte> block)
    {
        (int index, bool whole) = StaticTable.Find(field.Name, field.Value);
        for (int age = 0; !whole && age < _table.Count; age++)
        {
            HeaderField known = _table[age];
            if (known.Name == field.Name)
            {
                whole = known.Value == field.Value;
                index = whole || index == 0 ? StaticTable.Count + 1 + age : index;
            }
        }

        if (whole)
        {
            WriteInteger(block, 0x80, 7, index);
            return;
        }

        switch (Indexing(field))
        {
            case FieldIndexing.Table:
                WriteInteger(block, 0x40, 6, index);
                _table.Add(field);
                break;
            case FieldIndexing.Never:
                WriteInteger(block, 0x10, 4, index);
                break;
            default:
                WriteInteger(block, 0, 4, index);
                break;
        }

        if (index == 0)
        {
            WriteString(block, field.Name);
        }

        WriteString(block, field.Value);
    }

    // Secrets are kept out of tables on the whole way; what hardly repeats would only push out what does.
    private FieldIndexing Indexing(HeaderField field) => field.Name switch
    {
        "authorization" or "proxy-authorization" or "cookie" or "set-cookie" => FieldIndexing.Never,
        "grpc-timeout" or "grpc-message" or "grpc-status-details-bin" or "content-length" or "traceparent" => FieldIndexing.None,
        _ => field.Size <= _table.MaxSize / 4 ? FieldIndexing.Table : FieldIndexing.None,
    };

    private static void WriteString(IBufferWriter<byte> block, string text)
    {
        int packed = HuffmanCode.EncodedLength(text);
        if (packed < text.Length)
        {
            WriteInteger(block, 0x80, 7, packed);
            HuffmanCode.Encode(text, block.GetSpan(packed)[..packed]);
            block.Advance(packed);
            return;
        }

        WriteInteger(block, 0, 7, text.Length);
        block.Advance(Encoding.Latin1.GetBytes(text, block.GetSpan(text.Length)));
    }

    private static void WriteInteger(IBufferWriter<byte> block, byte pattern, int prefix, int value)
    {
        Span<byte> span = block.GetSpan(6);
        int mask = (1 << prefix) - 1;
        if (value < mask)
        {
            span[0] = (byte)(pattern | value);
            block.Advance(1);
            return;
        }

        span[0] = (byte)(pattern | mask);
        int at = 1;
        for (value -= mask; value >= 0x80; value >>= 7)
        {
            span[at++] = (byte)(value | 0x80);
        }

        span[at++] = (byte)value;
        block.Advance(at);
    }

    private enum FieldIndexing
    {
        Table,
        None,
        Never,
    }
}
