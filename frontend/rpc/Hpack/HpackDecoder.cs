using System.Text;

namespace Cairn.Rpc.Hpack;

/// <summary>Turns header blocks into fields. One for each direction of a connection; blocks must come in the order of the wire.</summary>
/// <param name="tableSize">Octets of the dynamic table that this side has announced in its settings.</param>
/// <remarks>Source: RFC 7541. Owned by the reading loop of its connection.</remarks>
internal sealed class HpackDecoder(int tableSize)
{
    private readonly DynamicTable _table = new(tableSize);

    /// <summary>Decodes a whole block.</summary>
    /// <exception cref="HpackException">The block is malformed.</exception>
    public void Decode(ReadOnlySpan<byte> block, HeaderBlock fields)
    {
        bool sizeMayChange = true;   // only before the first field
        while (!block.IsEmpty)
        {
            byte first = block[0];
            if ((first & 0x80) != 0)
            {
                fields.Add(Get(ReadInteger(ref block, 7)));
            }
            else if ((first & 0xC0) == 0x40)
            {
                HeaderField field = ReadLiteral(ref block, 6);
                _table.Add(field);
                fields.Add(field);
            }
            else if ((first & 0xE0) == 0x20)
            {
                int size = ReadInteger(ref block, 5);
                if (!sizeMayChange || size > tableSize)
                {
                    throw new HpackException("a change of the table size comes late or is above the announced limit");
                }

                _table.Resize(size);
                continue;
            }
            else
            {
                fields.Add(ReadLiteral(ref block, 4));   // not indexed or never indexed: the same for a receiver
            }

            sizeMayChange = false;
        }
    }

    private HeaderField ReadLiteral(ref ReadOnlySpan<byte> block, int prefix)
    {
        int index = ReadInteger(ref block, prefix);
        string name = index == 0 ? ReadString(ref block) : Get(index).Name;
        return new HeaderField(name, ReadString(ref block));
    }

    private HeaderField Get(int index)
    {
        if (index >= 1 && index <= StaticTable.Count)
        {
            return StaticTable.Get(index);
        }

        int age = index - StaticTable.Count - 1;
        return index > 0 && age < _table.Count ? _table[age] : throw new HpackException($"the tables have no entry {index}");
    }

    private static string ReadString(ref ReadOnlySpan<byte> block)
    {
        if (block.IsEmpty)
        {
            throw new HpackException("the block ends before a string");
        }

        bool huffman = (block[0] & 0x80) != 0;
        int length = ReadInteger(ref block, 7);
        if (length > block.Length)
        {
            throw new HpackException("the block ends within a string");
        }

        ReadOnlySpan<byte> octets = block[..length];
        block = block[length..];
        return huffman ? HuffmanCode.Decode(octets) : Encoding.Latin1.GetString(octets);
    }

    private static int ReadInteger(ref ReadOnlySpan<byte> block, int prefix)
    {
        int mask = (1 << prefix) - 1;
        int value = block[0] & mask;
        int read = 1;
        if (value == mask)
        {
            for (int shift = 0; ; shift += 7)
            {
                if (read == block.Length || shift > 21)
                {
                    throw new HpackException("an integer is cut off or above 2^28");
                }

                byte octet = block[read++];
                value += (octet & 0x7F) << shift;
                if ((octet & 0x80) == 0)
                {
                    break;
                }
            }
        }

        block = block[read..];
        return value;
    }
}
