using System.Buffers;

namespace Cairn.Rpc.Hpack;

/// <summary>The static Huffman code of header strings, both ways.</summary>
/// <remarks>Source: RFC 7541, appendix B. The code is canonical, so the lengths of its words say all.</remarks>
internal static class HuffmanCode
{
    private const int EndOfString = 256;
    private const int Symbols = 257;

    private static readonly uint[] Words = new uint[Symbols];

    // One row of 16 steps for each inner node of the code tree (257 leaves make 256 of them): what a nibble does.
    private static readonly Step[] Steps = new Step[256 * 16];

    // Nodes at which a string may end: fewer than eight ones since the last symbol, which is what padding looks like.
    private static readonly bool[] Endings = new bool[256];

    static HuffmanCode()
    {
        int[] order = [.. Enumerable.Range(0, Symbols).OrderBy(s => Lengths[s])];   // stable, so by symbol within a length
        uint word = 0;
        int length = Lengths[order[0]];
        foreach (int symbol in order)
        {
            word <<= Lengths[symbol] - length;
            length = Lengths[symbol];
            Words[symbol] = word++;
        }

        BuildSteps();
    }

    private static ReadOnlySpan<byte> Lengths =>
    [
        13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
        6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
        13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
        15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
        20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
        22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
        26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
        20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
        30,
    ];

    /// <summary>Octets that <paramref name="text"/> takes when encoded.</summary>
    public static int EncodedLength(string text)
    {
        ReadOnlySpan<byte> lengths = Lengths;
        long bits = 0;
        foreach (char c in text)
        {
            bits += lengths[(byte)c];
        }

        return (int)((bits + 7) / 8);
    }

    /// <summary>Writes the code words of <paramref name="text"/>, the last octet filled with ones: <see cref="EncodedLength"/> octets.</summary>
    public static void Encode(string text, Span<byte> destination)
    {
        ReadOnlySpan<byte> lengths = Lengths;
        ulong held = 0;
        int bits = 0;
        int at = 0;
        foreach (char c in text)
        {
            int length = lengths[(byte)c];
            held = (held << length) | Words[(byte)c];
            bits += length;
            while (bits >= 8)
            {
                bits -= 8;
                destination[at++] = (byte)(held >> bits);
            }
        }

        if (bits > 0)
        {
            destination[at] = (byte)((held << (8 - bits)) | (0xFFu >> bits));
        }
    }

    /// <summary>Decodes a whole string.</summary>
    /// <exception cref="HpackException">The end-of-string symbol stands in it, or its padding is wrong.</exception>
    public static string Decode(ReadOnlySpan<byte> encoded)
    {
        // The shortest word has five bits.
        char[] rented = ArrayPool<char>.Shared.Rent((encoded.Length * 8 / 5) + 1);
        try
        {
            int length = 0;
            int node = 0;
            foreach (byte octet in encoded)
            {
                node = Walk(node, octet >> 4, rented, ref length);
                node = Walk(node, octet & 0xF, rented, ref length);
            }

            return Endings[node] ? new string(rented, 0, length) : throw new HpackException("the padding of a Huffman string is wrong");
        }
        finally
        {
            ArrayPool<char>.Shared.Return(rented);
        }
    }

    private static int Walk(int node, int nibble, char[] text, ref int length)
    {
        Step step = Steps[(node << 4) | nibble];
        if (step.Symbol >= 0)
        {
            if (step.Symbol == EndOfString)
            {
                throw new HpackException("the end-of-string symbol stands in a Huffman string");
            }

            text[length++] = (char)step.Symbol;
        }

        return step.Next;
    }

    private static void BuildSteps()
    {
        // children[2n + bit]: an inner node if positive, a leaf for symbol s as -(s + 1); the root is node 0.
        int[] children = new int[512];
        int nodes = 1;
        for (int symbol = 0; symbol < Symbols; symbol++)
        {
            int node = 0;
            for (int bit = Lengths[symbol] - 1; bit > 0; bit--)
            {
                ref int child = ref children[(2 * node) + (int)((Words[symbol] >> bit) & 1)];
                child = child == 0 ? nodes++ : child;
                node = child;
            }

            children[(2 * node) + (int)(Words[symbol] & 1)] = -(symbol + 1);
        }

        for (int node = 0; node < nodes; node++)
        {
            for (int nibble = 0; nibble < 16; nibble++)
            {
                int at = node;
                short emitted = -1;   // one at most: no word is shorter than a nibble
                for (int bit = 3; bit >= 0; bit--)
                {
                    int child = children[(2 * at) + ((nibble >> bit) & 1)];
                    if (child < 0)
                    {
                        emitted = (short)(-child - 1);
                        child = 0;
                    }

                    at = child;
                }

                Steps[(node << 4) | nibble] = new Step((byte)at, emitted);
            }
        }

        for (int node = 0, ones = 0; ones < 8; ones++)
        {
            Endings[node] = true;
            node = children[(2 * node) + 1];
        }
    }

    private readonly record struct Step(byte Next, short Symbol);
}
