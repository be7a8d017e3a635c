namespace Blake3;

/// <summary>This part: large inputs on several cores.</summary>
public sealed partial class Hasher
{
    private const int SubtreeBytes = SubtreeChunks * Compression.ChunkBytes;

    /// <summary>Takes more input, with all cores where there is enough of it; the hash is the same.</summary>
    public void UpdateWithJoin(ReadOnlyMemory<byte> input)
    {
        int lead = (int)Math.Min((ulong)input.Length, (SubtreeBytes - Taken % SubtreeBytes) % SubtreeBytes);
        Update(input.Span[..lead]);
        input = input[lead..];
        int subtrees = input.Length / SubtreeBytes;
        if (subtrees > 1)
        {
            if (ChunkLength > 0)
            {
                FinishChunk();
            }
            const int PairWords = 2 * Compression.Words;
            uint[] pairs = new uint[subtrees * PairWords];
            ulong first = _chunks;
            Parallel.For(0, subtrees, i =>
            {
                ReadOnlySpan<byte> subtree = input.Span.Slice(i * SubtreeBytes, SubtreeBytes);
                HashSubtree(subtree, _key, first + (ulong)i * SubtreeChunks, _flags, pairs.AsSpan(i * PairWords, PairWords));
            });
            for (int i = 0; i < subtrees; i++)
            {
                TakeSubtree(pairs.AsSpan(i * PairWords, PairWords), SubtreeChunks);
            }
        }
        Update(input.Span[(subtrees > 1 ? subtrees * SubtreeBytes : 0)..]);
    }

    private ulong Taken => _chunks * Compression.ChunkBytes + (ulong)ChunkLength;
}
