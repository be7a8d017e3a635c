using System.Numerics;
using System.Runtime.CompilerServices;

namespace Blake3;

/// <summary>The compression function with plain words, for processors without vectors.</summary>
internal static class ScalarKernel
{
    /// <inheritdoc cref="Compression.Compress"/>
    public static void Compress(
        ReadOnlySpan<uint> chaining, ReadOnlySpan<uint> block, uint length, ulong counter, uint flags, Span<uint> output)
    {
        Span<uint> state = stackalloc uint[16];
        chaining[..8].CopyTo(state);
        Compression.InitialVector[..4].CopyTo(state[8..]);
        state[12] = (uint)counter;
        state[13] = (uint)(counter >> 32);
        state[14] = length;
        state[15] = flags;
        for (ReadOnlySpan<byte> schedule = Compression.Schedule; !schedule.IsEmpty; schedule = schedule[16..])
        {
            for (int column = 0; column < 4; column++)
            {
                Mix(
                    ref state[column], ref state[column + 4], ref state[column + 8], ref state[column + 12],
                    block[schedule[2 * column]], block[schedule[2 * column + 1]]);
            }
            for (int column = 0; column < 4; column++)
            {
                Mix(
                    ref state[column], ref state[4 + ((column + 1) & 3)],
                    ref state[8 + ((column + 2) & 3)], ref state[12 + ((column + 3) & 3)],
                    block[schedule[8 + 2 * column]], block[schedule[9 + 2 * column]]);
            }
        }
        if (output.Length == 16)
        {
            for (int i = 0; i < 8; i++)
            {
                output[8 + i] = state[8 + i] ^ chaining[i];
            }
        }
        for (int i = 0; i < 8; i++)
        {
            output[i] = state[i] ^ state[8 + i];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Mix(ref uint a, ref uint b, ref uint c, ref uint d, uint x, uint y)
    {
        a += b + x;
        d = BitOperations.RotateRight(d ^ a, 16);
        c += d;
        b = BitOperations.RotateRight(b ^ c, 12);
        a += b + y;
        d = BitOperations.RotateRight(d ^ a, 8);
        c += d;
        b = BitOperations.RotateRight(b ^ c, 7);
    }
}
