using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Blake3;

/// <summary>The compression function, by the best kernel that the processor has; all give the same words.</summary>
/// <remarks>Words are little-endian, as are those of every processor that this runs on. Source: BLAKE3 specification, section 2.2.</remarks>
internal static class Compression
{
    /// <summary>Bytes that go into one compression.</summary>
    public const int BlockBytes = 64;

    /// <summary>Bytes of one leaf of the tree.</summary>
    public const int ChunkBytes = 1024;

    /// <summary>Words of a key, of a chaining value and of a hash.</summary>
    public const int Words = 8;

    public static ReadOnlySpan<uint> InitialVector =>
        [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];

    /// <summary>For each of the seven rounds, which word of the block each of the sixteen places takes.</summary>
    public static ReadOnlySpan<byte> Schedule =>
    [
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
        2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8,
        3, 4, 10, 12, 13, 2, 7, 14, 6, 5, 9, 0, 11, 15, 8, 1,
        10, 7, 12, 9, 14, 3, 13, 15, 4, 0, 11, 2, 5, 8, 1, 6,
        12, 13, 9, 11, 15, 10, 14, 8, 7, 2, 5, 3, 0, 1, 6, 4,
        9, 14, 11, 5, 8, 12, 15, 1, 13, 3, 0, 10, 2, 6, 4, 7,
        11, 15, 5, 0, 1, 9, 8, 6, 14, 10, 2, 12, 3, 4, 7, 13,
    ];

    /// <summary>Compresses one block.</summary>
    /// <param name="chaining">8 words; may be the same memory as <paramref name="output"/>.</param>
    /// <param name="block">16 words, zero after the block's end.</param>
    /// <param name="length">Bytes of the block, 0 to 64.</param>
    /// <param name="counter">Number of the chunk, or of the output block; 0 for parents.</param>
    /// <param name="flags">See <see cref="Domains"/>.</param>
    /// <param name="output">8 words take the chaining value, 16 all that the function gives.</param>
    public static void Compress(
        ReadOnlySpan<uint> chaining, ReadOnlySpan<uint> block, uint length, ulong counter, uint flags, Span<uint> output)
    {
        if (Vector128.IsHardwareAccelerated)
        {
            RowKernel.Compress(chaining, block, length, counter, flags, output);
        }
        else
        {
            ScalarKernel.Compress(chaining, block, length, counter, flags, output);
        }
    }

    /// <summary>Hashes inputs of equal length that lie one after the other.</summary>
    /// <param name="inputs">Whole inputs, each <paramref name="blocks"/> blocks of 64 bytes.</param>
    /// <param name="blocks">Blocks of each input: 16 for chunks, 1 for parents.</param>
    /// <param name="key">8 words that each input starts from.</param>
    /// <param name="counter">Counter of the first input; for chunks the next ones follow, parents all have it.</param>
    /// <param name="flags">Flags of every block; chunks get those of their first and last block added.</param>
    /// <param name="chaining">Takes 8 words of each input; may begin where <paramref name="inputs"/> begins.</param>
    public static void HashMany(
        ReadOnlySpan<byte> inputs, int blocks, ReadOnlySpan<uint> key, ulong counter, uint flags, Span<uint> chaining)
    {
        int size = blocks * BlockBytes;
        int count = inputs.Length / size;
        Debug.Assert(count * size == inputs.Length && chaining.Length >= count * Words);
        int done = 0;
        bool isChunk = (flags & Domains.Parent) == 0;
        if (WideKernel.IsSupported)
        {
            for (; count - done >= WideKernel.Lanes; done += WideKernel.Lanes)
            {
                WideKernel.Hash(
                    inputs.Slice(done * size, WideKernel.Lanes * size), blocks, key, isChunk ? counter + (ulong)done : counter, flags,
                    chaining.Slice(done * Words, WideKernel.Lanes * Words));
            }
        }
        for (; done < count; done++)
        {
            ReadOnlySpan<byte> input = inputs.Slice(done * size, size);
            HashOne(input, key, isChunk ? counter + (ulong)done : counter, flags, chaining.Slice(done * Words, Words));
        }
    }

    private static void HashOne(ReadOnlySpan<byte> input, ReadOnlySpan<uint> key, ulong counter, uint flags, Span<uint> chaining)
    {
        Span<uint> value = stackalloc uint[Words];   // of its own: the output may overlap the input
        key.CopyTo(value);
        bool isChunk = (flags & Domains.Parent) == 0;
        ReadOnlySpan<uint> words = MemoryMarshal.Cast<byte, uint>(input);
        for (int at = 0; at < words.Length; at += 16)
        {
            uint edges = !isChunk ? 0 : (at == 0 ? Domains.ChunkStart : 0) | (at + 16 == words.Length ? Domains.ChunkEnd : 0);
            Compress(value, words.Slice(at, 16), BlockBytes, counter, flags | edges, value);
        }
        value.CopyTo(chaining);
    }
}
