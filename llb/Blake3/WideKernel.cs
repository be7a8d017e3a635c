using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Blake3;

/// <summary>Eight inputs at once: each vector holds one word of the state of all eight.</summary>
/// <remarks>Sixteen inputs at once in wider vectors are slower: the state alone takes all registers.</remarks>
internal static class WideKernel
{
    /// <summary>Inputs that are hashed at once.</summary>
    public const int Lanes = 8;

    /// <summary>The processor has it.</summary>
    public static bool IsSupported => Avx2.IsSupported;

    /// <summary>Hashes eight inputs that lie one after the other.</summary>
    /// <param name="inputs">Eight inputs, each <paramref name="blocks"/> blocks of 64 bytes.</param>
    /// <param name="blocks">Blocks of each input.</param>
    /// <param name="key">8 words that each input starts from.</param>
    /// <param name="counter">Counter of the first input; those of chunks count up, those of parents do not.</param>
    /// <param name="flags">Flags of every block; chunks get those of their first and last block added.</param>
    /// <param name="chaining">Takes 64 words. May begin where a single block's inputs begin.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Hash(ReadOnlySpan<byte> inputs, int blocks, ReadOnlySpan<uint> key, ulong counter, uint flags, Span<uint> chaining)
    {
        nuint stride = (nuint)blocks * Compression.BlockBytes;
        Debug.Assert(inputs.Length == Lanes * (int)stride && key.Length == 8 && chaining.Length == Lanes * 8);
        bool isChunk = (flags & Domains.Parent) == 0;
        ref byte input = ref MemoryMarshal.GetReference(inputs);
        Span<Vector256<uint>> words = stackalloc Vector256<uint>[16];
        ref Vector256<uint> m = ref MemoryMarshal.GetReference(words);
        Span<Vector256<uint>> state = stackalloc Vector256<uint>[16];
        ref Vector256<uint> s = ref MemoryMarshal.GetReference(state);
        Vector256<uint> numbers = isChunk ? Vector256.Create(0u, 1, 2, 3, 4, 5, 6, 7) : Vector256<uint>.Zero;
        Vector256<uint> counterLow = Vector256.Create((uint)counter) + numbers;
        // Where the low word went round it is smaller than what was added to it.
        Vector256<uint> counterHigh = Vector256.Create((uint)(counter >> 32)) - Vector256.LessThan(counterLow, numbers);
        Vector256<uint> h0 = Vector256.Create(key[0]);
        Vector256<uint> h1 = Vector256.Create(key[1]);
        Vector256<uint> h2 = Vector256.Create(key[2]);
        Vector256<uint> h3 = Vector256.Create(key[3]);
        Vector256<uint> h4 = Vector256.Create(key[4]);
        Vector256<uint> h5 = Vector256.Create(key[5]);
        Vector256<uint> h6 = Vector256.Create(key[6]);
        Vector256<uint> h7 = Vector256.Create(key[7]);
        for (int block = 0; block < blocks; block++)
        {
            uint edges = !isChunk ? 0 : (block == 0 ? Domains.ChunkStart : 0) | (block == blocks - 1 ? Domains.ChunkEnd : 0);
            ref byte at = ref Unsafe.Add(ref input, block * Compression.BlockBytes);
            LoadTransposed(ref at, stride, ref m);
            LoadTransposed(ref Unsafe.Add(ref at, 32), stride, ref Unsafe.Add(ref m, 8));
            if (!Avx512F.VL.IsSupported)
            {
                At(ref s, 0) = h0;
                At(ref s, 1) = h1;
                At(ref s, 2) = h2;
                At(ref s, 3) = h3;
                At(ref s, 4) = h4;
                At(ref s, 5) = h5;
                At(ref s, 6) = h6;
                At(ref s, 7) = h7;
                At(ref s, 8) = Vector256.Create(0x6a09e667u);
                At(ref s, 9) = Vector256.Create(0xbb67ae85u);
                At(ref s, 10) = Vector256.Create(0x3c6ef372u);
                At(ref s, 11) = Vector256.Create(0xa54ff53au);
                At(ref s, 12) = counterLow;
                At(ref s, 13) = counterHigh;
                At(ref s, 14) = Vector256.Create((uint)Compression.BlockBytes);
                At(ref s, 15) = Vector256.Create(flags | edges);
                PairedRounds.Run(ref s, ref m);
                h0 = At(ref s, 0) ^ At(ref s, 8);
                h1 = At(ref s, 1) ^ At(ref s, 9);
                h2 = At(ref s, 2) ^ At(ref s, 10);
                h3 = At(ref s, 3) ^ At(ref s, 11);
                h4 = At(ref s, 4) ^ At(ref s, 12);
                h5 = At(ref s, 5) ^ At(ref s, 13);
                h6 = At(ref s, 6) ^ At(ref s, 14);
                h7 = At(ref s, 7) ^ At(ref s, 15);
                continue;
            }
            Vector256<uint> v0 = h0;
            Vector256<uint> v1 = h1;
            Vector256<uint> v2 = h2;
            Vector256<uint> v3 = h3;
            Vector256<uint> v4 = h4;
            Vector256<uint> v5 = h5;
            Vector256<uint> v6 = h6;
            Vector256<uint> v7 = h7;
            Vector256<uint> v8 = Vector256.Create(0x6a09e667u);
            Vector256<uint> v9 = Vector256.Create(0xbb67ae85u);
            Vector256<uint> v10 = Vector256.Create(0x3c6ef372u);
            Vector256<uint> v11 = Vector256.Create(0xa54ff53au);
            Vector256<uint> v12 = counterLow;
            Vector256<uint> v13 = counterHigh;
            Vector256<uint> v14 = Vector256.Create((uint)Compression.BlockBytes);
            Vector256<uint> v15 = Vector256.Create(flags | edges);

            Mix(ref v0, ref v4, ref v8, ref v12, At(ref m, 0), At(ref m, 1));
            Mix(ref v1, ref v5, ref v9, ref v13, At(ref m, 2), At(ref m, 3));
            Mix(ref v2, ref v6, ref v10, ref v14, At(ref m, 4), At(ref m, 5));
            Mix(ref v3, ref v7, ref v11, ref v15, At(ref m, 6), At(ref m, 7));
            Mix(ref v0, ref v5, ref v10, ref v15, At(ref m, 8), At(ref m, 9));
            Mix(ref v1, ref v6, ref v11, ref v12, At(ref m, 10), At(ref m, 11));
            Mix(ref v2, ref v7, ref v8, ref v13, At(ref m, 12), At(ref m, 13));
            Mix(ref v3, ref v4, ref v9, ref v14, At(ref m, 14), At(ref m, 15));

            Mix(ref v0, ref v4, ref v8, ref v12, At(ref m, 2), At(ref m, 6));
            Mix(ref v1, ref v5, ref v9, ref v13, At(ref m, 3), At(ref m, 10));
            Mix(ref v2, ref v6, ref v10, ref v14, At(ref m, 7), At(ref m, 0));
            Mix(ref v3, ref v7, ref v11, ref v15, At(ref m, 4), At(ref m, 13));
            Mix(ref v0, ref v5, ref v10, ref v15, At(ref m, 1), At(ref m, 11));
            Mix(ref v1, ref v6, ref v11, ref v12, At(ref m, 12), At(ref m, 5));
            Mix(ref v2, ref v7, ref v8, ref v13, At(ref m, 9), At(ref m, 14));
            Mix(ref v3, ref v4, ref v9, ref v14, At(ref m, 15), At(ref m, 8));

            Mix(ref v0, ref v4, ref v8, ref v12, At(ref m, 3), At(ref m, 4));
            Mix(ref v1, ref v5, ref v9, ref v13, At(ref m, 10), At(ref m, 12));
            Mix(ref v2, ref v6, ref v10, ref v14, At(ref m, 13), At(ref m, 2));
            Mix(ref v3, ref v7, ref v11, ref v15, At(ref m, 7), At(ref m, 14));
            Mix(ref v0, ref v5, ref v10, ref v15, At(ref m, 6), At(ref m, 5));
            Mix(ref v1, ref v6, ref v11, ref v12, At(ref m, 9), At(ref m, 0));
            Mix(ref v2, ref v7, ref v8, ref v13, At(ref m, 11), At(ref m, 15));
            Mix(ref v3, ref v4, ref v9, ref v14, At(ref m, 8), At(ref m, 1));

            Mix(ref v0, ref v4, ref v8, ref v12, At(ref m, 10), At(ref m, 7));
            Mix(ref v1, ref v5, ref v9, ref v13, At(ref m, 12), At(ref m, 9));
            Mix(ref v2, ref v6, ref v10, ref v14, At(ref m, 14), At(ref m, 3));
            Mix(ref v3, ref v7, ref v11, ref v15, At(ref m, 13), At(ref m, 15));
            Mix(ref v0, ref v5, ref v10, ref v15, At(ref m, 4), At(ref m, 0));
            Mix(ref v1, ref v6, ref v11, ref v12, At(ref m, 11), At(ref m, 2));
            Mix(ref v2, ref v7, ref v8, ref v13, At(ref m, 5), At(ref m, 8));
            Mix(ref v3, ref v4, ref v9, ref v14, At(ref m, 1), At(ref m, 6));

            Mix(ref v0, ref v4, ref v8, ref v12, At(ref m, 12), At(ref m, 13));
            Mix(ref v1, ref v5, ref v9, ref v13, At(ref m, 9), At(ref m, 11));
            Mix(ref v2, ref v6, ref v10, ref v14, At(ref m, 15), At(ref m, 10));
            Mix(ref v3, ref v7, ref v11, ref v15, At(ref m, 14), At(ref m, 8));
            Mix(ref v0, ref v5, ref v10, ref v15, At(ref m, 7), At(ref m, 2));
            Mix(ref v1, ref v6, ref v11, ref v12, At(ref m, 5), At(ref m, 3));
            Mix(ref v2, ref v7, ref v8, ref v13, At(ref m, 0), At(ref m, 1));
            Mix(ref v3, ref v4, ref v9, ref v14, At(ref m, 6), At(ref m, 4));

            Mix(ref v0, ref v4, ref v8, ref v12, At(ref m, 9), At(ref m, 14));
            Mix(ref v1, ref v5, ref v9, ref v13, At(ref m, 11), At(ref m, 5));
            Mix(ref v2, ref v6, ref v10, ref v14, At(ref m, 8), At(ref m, 12));
            Mix(ref v3, ref v7, ref v11, ref v15, At(ref m, 15), At(ref m, 1));
            Mix(ref v0, ref v5, ref v10, ref v15, At(ref m, 13), At(ref m, 3));
            Mix(ref v1, ref v6, ref v11, ref v12, At(ref m, 0), At(ref m, 10));
            Mix(ref v2, ref v7, ref v8, ref v13, At(ref m, 2), At(ref m, 6));
            Mix(ref v3, ref v4, ref v9, ref v14, At(ref m, 4), At(ref m, 7));

            Mix(ref v0, ref v4, ref v8, ref v12, At(ref m, 11), At(ref m, 15));
            Mix(ref v1, ref v5, ref v9, ref v13, At(ref m, 5), At(ref m, 0));
            Mix(ref v2, ref v6, ref v10, ref v14, At(ref m, 1), At(ref m, 9));
            Mix(ref v3, ref v7, ref v11, ref v15, At(ref m, 8), At(ref m, 6));
            Mix(ref v0, ref v5, ref v10, ref v15, At(ref m, 14), At(ref m, 10));
            Mix(ref v1, ref v6, ref v11, ref v12, At(ref m, 2), At(ref m, 12));
            Mix(ref v2, ref v7, ref v8, ref v13, At(ref m, 3), At(ref m, 4));
            Mix(ref v3, ref v4, ref v9, ref v14, At(ref m, 7), At(ref m, 13));

            h0 = v0 ^ v8;
            h1 = v1 ^ v9;
            h2 = v2 ^ v10;
            h3 = v3 ^ v11;
            h4 = v4 ^ v12;
            h5 = v5 ^ v13;
            h6 = v6 ^ v14;
            h7 = v7 ^ v15;
        }
        Transpose(ref h0, ref h1, ref h2, ref h3, ref h4, ref h5, ref h6, ref h7);
        h0.CopyTo(chaining);
        h1.CopyTo(chaining[8..]);
        h2.CopyTo(chaining[16..]);
        h3.CopyTo(chaining[24..]);
        h4.CopyTo(chaining[32..]);
        h5.CopyTo(chaining[40..]);
        h6.CopyTo(chaining[48..]);
        h7.CopyTo(chaining[56..]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ref Vector256<uint> At(ref Vector256<uint> words, int index) => ref Unsafe.Add(ref words, index);

    // With thirty-two registers.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Mix(
        ref Vector256<uint> a, ref Vector256<uint> b, ref Vector256<uint> c, ref Vector256<uint> d, Vector256<uint> x, Vector256<uint> y)
    {
        a += b + x;
        d = Avx512F.VL.RotateRight(d ^ a, 16);
        c += d;
        b = Avx512F.VL.RotateRight(b ^ c, 12);
        a += b + y;
        d = Avx512F.VL.RotateRight(d ^ a, 8);
        c += d;
        b = Avx512F.VL.RotateRight(b ^ c, 7);
    }

    // 32 bytes of each of eight inputs become eight vectors, one for each word.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void LoadTransposed(ref byte first, nuint stride, ref Vector256<uint> words)
    {
        Vector256<uint> r0 = Load(ref first, 0);
        Vector256<uint> r1 = Load(ref first, stride);
        Vector256<uint> r2 = Load(ref first, 2 * stride);
        Vector256<uint> r3 = Load(ref first, 3 * stride);
        Vector256<uint> r4 = Load(ref first, 4 * stride);
        Vector256<uint> r5 = Load(ref first, 5 * stride);
        Vector256<uint> r6 = Load(ref first, 6 * stride);
        Vector256<uint> r7 = Load(ref first, 7 * stride);
        Transpose(ref r0, ref r1, ref r2, ref r3, ref r4, ref r5, ref r6, ref r7);
        words = r0;
        Unsafe.Add(ref words, 1) = r1;
        Unsafe.Add(ref words, 2) = r2;
        Unsafe.Add(ref words, 3) = r3;
        Unsafe.Add(ref words, 4) = r4;
        Unsafe.Add(ref words, 5) = r5;
        Unsafe.Add(ref words, 6) = r6;
        Unsafe.Add(ref words, 7) = r7;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Load(ref byte first, nuint offset) => Vector256.LoadUnsafe(ref first, offset).AsUInt32();

    // Pairs of words, then pairs of pairs, then halves.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Transpose(
        ref Vector256<uint> r0, ref Vector256<uint> r1, ref Vector256<uint> r2, ref Vector256<uint> r3,
        ref Vector256<uint> r4, ref Vector256<uint> r5, ref Vector256<uint> r6, ref Vector256<uint> r7)
    {
        Vector256<ulong> low01 = Avx2.UnpackLow(r0, r1).AsUInt64();
        Vector256<ulong> high01 = Avx2.UnpackHigh(r0, r1).AsUInt64();
        Vector256<ulong> low23 = Avx2.UnpackLow(r2, r3).AsUInt64();
        Vector256<ulong> high23 = Avx2.UnpackHigh(r2, r3).AsUInt64();
        Vector256<ulong> low45 = Avx2.UnpackLow(r4, r5).AsUInt64();
        Vector256<ulong> high45 = Avx2.UnpackHigh(r4, r5).AsUInt64();
        Vector256<ulong> low67 = Avx2.UnpackLow(r6, r7).AsUInt64();
        Vector256<ulong> high67 = Avx2.UnpackHigh(r6, r7).AsUInt64();
        Vector256<ulong> upper0 = Avx2.UnpackLow(low01, low23);
        Vector256<ulong> upper1 = Avx2.UnpackHigh(low01, low23);
        Vector256<ulong> upper2 = Avx2.UnpackLow(high01, high23);
        Vector256<ulong> upper3 = Avx2.UnpackHigh(high01, high23);
        Vector256<ulong> lower0 = Avx2.UnpackLow(low45, low67);
        Vector256<ulong> lower1 = Avx2.UnpackHigh(low45, low67);
        Vector256<ulong> lower2 = Avx2.UnpackLow(high45, high67);
        Vector256<ulong> lower3 = Avx2.UnpackHigh(high45, high67);
        r0 = Avx2.Permute2x128(upper0, lower0, 0x20).AsUInt32();
        r1 = Avx2.Permute2x128(upper1, lower1, 0x20).AsUInt32();
        r2 = Avx2.Permute2x128(upper2, lower2, 0x20).AsUInt32();
        r3 = Avx2.Permute2x128(upper3, lower3, 0x20).AsUInt32();
        r4 = Avx2.Permute2x128(upper0, lower0, 0x31).AsUInt32();
        r5 = Avx2.Permute2x128(upper1, lower1, 0x31).AsUInt32();
        r6 = Avx2.Permute2x128(upper2, lower2, 0x31).AsUInt32();
        r7 = Avx2.Permute2x128(upper3, lower3, 0x31).AsUInt32();
    }
}
