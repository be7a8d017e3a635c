using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Blake3;

/// <summary>The compression function for one block with a row of the state in each vector: four columns, then four diagonals, at once.</summary>
/// <remarks>The rounds wait for each other, so gathering the words of the block one by one beside them costs nothing.</remarks>
internal static class RowKernel
{
    /// <inheritdoc cref="Compression.Compress"/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Compress(
        ReadOnlySpan<uint> chaining, ReadOnlySpan<uint> block, uint length, ulong counter, uint flags, Span<uint> output)
    {
        Vector128<uint> upper = Vector128.Create(chaining[..4]);
        Vector128<uint> lower = Vector128.Create(chaining[4..8]);
        Vector128<uint> a = upper;
        Vector128<uint> b = lower;
        Vector128<uint> c = Vector128.Create(Compression.InitialVector[..4]);
        Vector128<uint> d = Vector128.Create((uint)counter, (uint)(counter >> 32), length, flags);
        ref uint words = ref MemoryMarshal.GetReference(block[..16]);
        ref byte schedule = ref MemoryMarshal.GetReference(Compression.Schedule);
        for (int round = 0; round < 7; round++)
        {
            Mix(ref a, ref b, ref c, ref d, Gather(ref words, ref schedule, 0), Gather(ref words, ref schedule, 1));
            b = Vector128.Shuffle(b, Vector128.Create(1u, 2, 3, 0));
            c = Vector128.Shuffle(c, Vector128.Create(2u, 3, 0, 1));
            d = Vector128.Shuffle(d, Vector128.Create(3u, 0, 1, 2));
            Mix(ref a, ref b, ref c, ref d, Gather(ref words, ref schedule, 8), Gather(ref words, ref schedule, 9));
            b = Vector128.Shuffle(b, Vector128.Create(3u, 0, 1, 2));
            c = Vector128.Shuffle(c, Vector128.Create(2u, 3, 0, 1));
            d = Vector128.Shuffle(d, Vector128.Create(1u, 2, 3, 0));
            schedule = ref Unsafe.Add(ref schedule, 16);
        }
        if (output.Length == 16)
        {
            (c ^ upper).CopyTo(output[8..]);
            (d ^ lower).CopyTo(output[12..]);
        }
        (a ^ c).CopyTo(output);
        (b ^ d).CopyTo(output[4..]);
    }

    // Every second of eight places, for the first or the second half of the mixing function.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> Gather(ref uint words, ref byte schedule, int first) => Vector128.Create(
        Unsafe.Add(ref words, Unsafe.Add(ref schedule, first)), Unsafe.Add(ref words, Unsafe.Add(ref schedule, first + 2)),
        Unsafe.Add(ref words, Unsafe.Add(ref schedule, first + 4)), Unsafe.Add(ref words, Unsafe.Add(ref schedule, first + 6)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Mix(
        ref Vector128<uint> a, ref Vector128<uint> b, ref Vector128<uint> c, ref Vector128<uint> d, Vector128<uint> x, Vector128<uint> y)
    {
        a += b + x;
        d = Rotate(d ^ a, 16);
        c += d;
        b = Rotate(b ^ c, 12);
        a += b + y;
        d = Rotate(d ^ a, 8);
        c += d;
        b = Rotate(b ^ c, 7);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> Rotate(Vector128<uint> value, [ConstantExpected] byte count) =>
        Avx512F.VL.IsSupported ? Avx512F.VL.RotateRight(value, count) : (value >>> count) | (value << (32 - count));
}
