using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Blake3;

/// <summary>
/// The seven rounds for processors with sixteen vector registers, which the state alone would fill: it lies in memory, and two mixings at a
/// time have their part of it in registers. Half as fast again as leaving the spilling to the compiler.
/// </summary>
internal static class PairedRounds
{
    /// <summary>Mixes a block into the state.</summary>
    /// <param name="s">16 vectors: the state of eight inputs; changed.</param>
    /// <param name="m">16 vectors: the words of their blocks.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(ref Vector256<uint> s, ref Vector256<uint> m)
    {
        Mix(ref s, ref m, 0, 4, 8, 12, 1, 5, 9, 13, 0, 1, 2, 3);
        Mix(ref s, ref m, 2, 6, 10, 14, 3, 7, 11, 15, 4, 5, 6, 7);
        Mix(ref s, ref m, 0, 5, 10, 15, 1, 6, 11, 12, 8, 9, 10, 11);
        Mix(ref s, ref m, 2, 7, 8, 13, 3, 4, 9, 14, 12, 13, 14, 15);

        Mix(ref s, ref m, 0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 3, 10);
        Mix(ref s, ref m, 2, 6, 10, 14, 3, 7, 11, 15, 7, 0, 4, 13);
        Mix(ref s, ref m, 0, 5, 10, 15, 1, 6, 11, 12, 1, 11, 12, 5);
        Mix(ref s, ref m, 2, 7, 8, 13, 3, 4, 9, 14, 9, 14, 15, 8);

        Mix(ref s, ref m, 0, 4, 8, 12, 1, 5, 9, 13, 3, 4, 10, 12);
        Mix(ref s, ref m, 2, 6, 10, 14, 3, 7, 11, 15, 13, 2, 7, 14);
        Mix(ref s, ref m, 0, 5, 10, 15, 1, 6, 11, 12, 6, 5, 9, 0);
        Mix(ref s, ref m, 2, 7, 8, 13, 3, 4, 9, 14, 11, 15, 8, 1);

        Mix(ref s, ref m, 0, 4, 8, 12, 1, 5, 9, 13, 10, 7, 12, 9);
        Mix(ref s, ref m, 2, 6, 10, 14, 3, 7, 11, 15, 14, 3, 13, 15);
        Mix(ref s, ref m, 0, 5, 10, 15, 1, 6, 11, 12, 4, 0, 11, 2);
        Mix(ref s, ref m, 2, 7, 8, 13, 3, 4, 9, 14, 5, 8, 1, 6);

        Mix(ref s, ref m, 0, 4, 8, 12, 1, 5, 9, 13, 12, 13, 9, 11);
        Mix(ref s, ref m, 2, 6, 10, 14, 3, 7, 11, 15, 15, 10, 14, 8);
        Mix(ref s, ref m, 0, 5, 10, 15, 1, 6, 11, 12, 7, 2, 5, 3);
        Mix(ref s, ref m, 2, 7, 8, 13, 3, 4, 9, 14, 0, 1, 6, 4);

        Mix(ref s, ref m, 0, 4, 8, 12, 1, 5, 9, 13, 9, 14, 11, 5);
        Mix(ref s, ref m, 2, 6, 10, 14, 3, 7, 11, 15, 8, 12, 15, 1);
        Mix(ref s, ref m, 0, 5, 10, 15, 1, 6, 11, 12, 13, 3, 0, 10);
        Mix(ref s, ref m, 2, 7, 8, 13, 3, 4, 9, 14, 2, 6, 4, 7);

        Mix(ref s, ref m, 0, 4, 8, 12, 1, 5, 9, 13, 11, 15, 5, 0);
        Mix(ref s, ref m, 2, 6, 10, 14, 3, 7, 11, 15, 1, 9, 8, 6);
        Mix(ref s, ref m, 0, 5, 10, 15, 1, 6, 11, 12, 14, 10, 2, 12);
        Mix(ref s, ref m, 2, 7, 8, 13, 3, 4, 9, 14, 3, 4, 7, 13);
    }

    // Two mixings that have no word in common, in step: while one waits for its sum the other is at work.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Mix(
        ref Vector256<uint> s, ref Vector256<uint> m, int a0, int b0, int c0, int d0, int a1, int b1, int c1, int d1,
        int x0, int y0, int x1, int y1)
    {
        Vector256<byte> by16 = Vector256.Create(
            (byte)2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13);
        Vector256<byte> by8 = Vector256.Create(
            (byte)1, 2, 3, 0, 5, 6, 7, 4, 9, 10, 11, 8, 13, 14, 15, 12, 1, 2, 3, 0, 5, 6, 7, 4, 9, 10, 11, 8, 13, 14, 15, 12);
        Vector256<uint> a = Unsafe.Add(ref s, a0), b = Unsafe.Add(ref s, b0), c = Unsafe.Add(ref s, c0), d = Unsafe.Add(ref s, d0);
        Vector256<uint> e = Unsafe.Add(ref s, a1), f = Unsafe.Add(ref s, b1), g = Unsafe.Add(ref s, c1), h = Unsafe.Add(ref s, d1);
        a += b;
        e += f;
        a += Unsafe.Add(ref m, x0);
        e += Unsafe.Add(ref m, x1);
        d = Avx2.Shuffle((d ^ a).AsByte(), by16).AsUInt32();
        h = Avx2.Shuffle((h ^ e).AsByte(), by16).AsUInt32();
        c += d;
        g += h;
        b ^= c;
        f ^= g;
        b = (b >>> 12) | (b << 20);
        f = (f >>> 12) | (f << 20);
        a += b;
        e += f;
        a += Unsafe.Add(ref m, y0);
        e += Unsafe.Add(ref m, y1);
        d = Avx2.Shuffle((d ^ a).AsByte(), by8).AsUInt32();
        h = Avx2.Shuffle((h ^ e).AsByte(), by8).AsUInt32();
        c += d;
        g += h;
        b ^= c;
        f ^= g;
        b = (b >>> 7) | (b << 25);
        f = (f >>> 7) | (f << 25);
        Unsafe.Add(ref s, a0) = a;
        Unsafe.Add(ref s, b0) = b;
        Unsafe.Add(ref s, c0) = c;
        Unsafe.Add(ref s, d0) = d;
        Unsafe.Add(ref s, a1) = e;
        Unsafe.Add(ref s, b1) = f;
        Unsafe.Add(ref s, c1) = g;
        Unsafe.Add(ref s, d1) = h;
    }
}
