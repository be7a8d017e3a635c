using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;

namespace Blake3;

/// <summary>BLAKE3 of bytes that come piece by piece: plain, keyed, or for deriving keys; output of any length.</summary>
/// <remarks>
/// One caller at a time. It has the shape of the hasher of the NuGet package Blake3. Source: BLAKE3 specification,
/// <c>https://github.com/BLAKE3-team/BLAKE3-specs</c>.
/// </remarks>
public sealed partial class Hasher : IDisposable
{
    /// <summary>Bytes of a key.</summary>
    public const int KeySize = 32;

    private const int MaxDepth = 54;   // subtrees that 2^64 bytes can leave waiting
    private const int SubtreeChunks = 64;   // hashed at once

    private readonly uint[] _key = new uint[Compression.Words];
    private readonly uint _flags;
    private readonly uint[] _chaining = new uint[Compression.Words];   // of the unfinished chunk
    private readonly byte[] _block = new byte[Compression.BlockBytes];
    private int _blockLength;
    private int _chunkBlocks;   // blocks of the unfinished chunk that are compressed
    private ulong _chunks;   // finished
    private uint[] _waiting = [];   // chaining values of finished subtrees, larger ones first; the last two may be of one size
    private int _depth;

    private Hasher(ReadOnlySpan<uint> key, uint flags)
    {
        key.CopyTo(_key);
        key.CopyTo(_chaining);
        _flags = flags;
    }

    private int ChunkLength => _chunkBlocks * Compression.BlockBytes + _blockLength;

    /// <summary>A hasher for plain hashes.</summary>
    public static Hasher New() => new(Compression.InitialVector, 0);

    /// <summary>A hasher whose hashes only holders of the key can make.</summary>
    /// <param name="key">32 bytes.</param>
    /// <exception cref="ArgumentException">The key has another length.</exception>
    public static Hasher NewKeyed(ReadOnlySpan<byte> key) => key.Length == KeySize
        ? new Hasher(MemoryMarshal.Cast<byte, uint>(key), Domains.KeyedHash)
        : throw new ArgumentException($"a key has {KeySize} bytes", nameof(key));

    /// <summary>A hasher that derives keys from key material.</summary>
    /// <param name="context">What the key is for: a constant of the program.</param>
    public static Hasher NewDeriveKey(string context) => NewDeriveKey(Encoding.UTF8.GetBytes(context));

    /// <inheritdoc cref="NewDeriveKey(string)"/>
    public static Hasher NewDeriveKey(ReadOnlySpan<byte> context)
    {
        using var hasher = new Hasher(Compression.InitialVector, Domains.DeriveKeyContext);
        hasher.Update(context);
        Span<uint> key = stackalloc uint[Compression.Words];
        hasher.Finalize(MemoryMarshal.AsBytes(key));
        return new Hasher(key, Domains.DeriveKeyMaterial);
    }

    /// <summary>The hash of bytes that are at hand.</summary>
    public static Hash Hash(ReadOnlySpan<byte> input)
    {
        Span<byte> hash = stackalloc byte[Blake3.Hash.Size];
        Hash(input, hash);
        return Blake3.Hash.FromBytes(hash);
    }

    /// <summary>The hash of bytes that are at hand.</summary>
    /// <param name="input">What is hashed.</param>
    /// <param name="output">Filled; of any length, a longer output begins with the shorter ones.</param>
    public static void Hash(ReadOnlySpan<byte> input, Span<byte> output)
    {
        using Hasher hasher = New();
        hasher.Update(input);
        hasher.Finalize(output);
    }

    /// <summary>Takes more input.</summary>
    public void Update(ReadOnlySpan<byte> input)
    {
        if (ChunkLength > 0)
        {
            int taken = Math.Min(Compression.ChunkBytes - ChunkLength, input.Length);
            FillChunk(input[..taken]);
            input = input[taken..];
            if (input.IsEmpty)
            {
                return;
            }
            FinishChunk();
        }
        // What may be the end is kept as a chunk or as two subtrees: the root is compressed in its own way.
        Span<uint> pair = stackalloc uint[2 * Compression.Words];
        while (input.Length > Compression.ChunkBytes)
        {
            int chunks = Math.Min(SubtreeChunks, 1 << BitOperations.Log2((uint)(input.Length / Compression.ChunkBytes)));
            while (((ulong)(chunks - 1) & _chunks) != 0)
            {
                chunks /= 2;   // a subtree begins at a multiple of its size
            }
            ReadOnlySpan<byte> subtree = input[..(chunks * Compression.ChunkBytes)];
            HashSubtree(subtree, _key, _chunks, _flags, pair);
            TakeSubtree(pair, chunks);
            input = input[subtree.Length..];
        }
        if (input.Length > 0)
        {
            FillChunk(input);
            Join(_chunks);
        }
    }

    /// <summary>Takes the memory of values as more input.</summary>
    public void Update<T>(ReadOnlySpan<T> input)
        where T : unmanaged => Update(MemoryMarshal.AsBytes(input));

    /// <summary>The hash of what came so far; more may come after it.</summary>
    public Hash Finalize()
    {
        Span<byte> hash = stackalloc byte[Blake3.Hash.Size];
        Finalize(0, hash);
        return Blake3.Hash.FromBytes(hash);
    }

    /// <summary>Output of any length for what came so far; more may come after it.</summary>
    public void Finalize(Span<byte> output) => Finalize(0, output);

    /// <summary>Part of the output, which has no end.</summary>
    /// <param name="offset">Bytes of the output before the part.</param>
    /// <param name="output">Filled with the part.</param>
    public void Finalize(ulong offset, Span<byte> output)
    {
        Span<uint> chaining = stackalloc uint[Compression.Words];
        Span<uint> block = stackalloc uint[16];
        (uint length, uint flags) = Root(chaining, block);
        Span<uint> words = stackalloc uint[16];
        ulong counter = offset / Compression.BlockBytes;
        int skipped = (int)(offset % Compression.BlockBytes);
        for (; !output.IsEmpty; skipped = 0, counter++)
        {
            Compression.Compress(chaining, block, length, counter, flags | Domains.Root, words);
            Span<byte> bytes = MemoryMarshal.AsBytes(words)[skipped..];
            bytes = bytes[..Math.Min(bytes.Length, output.Length)];
            bytes.CopyTo(output);
            output = output[bytes.Length..];
        }
    }

    /// <summary>Forgets all input; key and mode stay.</summary>
    public void Reset()
    {
        _chunks = 0;
        _depth = 0;
        StartChunk();
    }

    /// <summary>Wipes key and state.</summary>
    public void Dispose()
    {
        Array.Clear(_key);
        Array.Clear(_waiting);
        Reset();
    }

    // Chaining values of the two halves of a subtree of 2^n chunks; of a single chunk its own.
    private static void HashSubtree(ReadOnlySpan<byte> input, ReadOnlySpan<uint> key, ulong firstChunk, uint flags, Span<uint> pair)
    {
        Span<uint> level = stackalloc uint[SubtreeChunks * Compression.Words];
        int count = input.Length / Compression.ChunkBytes;
        Compression.HashMany(input, Compression.ChunkBytes / Compression.BlockBytes, key, firstChunk, flags, level);
        for (; count > 2; count /= 2)
        {
            ReadOnlySpan<byte> parents = MemoryMarshal.AsBytes(level[..(count * Compression.Words)]);
            Compression.HashMany(parents, 1, key, 0, flags | Domains.Parent, level);
        }
        level[..(count * Compression.Words)].CopyTo(pair);
    }

    private void TakeSubtree(ReadOnlySpan<uint> pair, int chunks)
    {
        Push(pair[..Compression.Words]);
        if (chunks > 1)
        {
            _chunks += (ulong)chunks / 2;
            Push(pair[Compression.Words..]);
            chunks /= 2;
        }
        _chunks += (ulong)chunks;
    }

    // Subtrees of equal size become one as late as possible: while they are the last two, their parent may be the root.
    private void Push(ReadOnlySpan<uint> chaining)
    {
        Join(_chunks);
        if (_waiting.Length == 0)
        {
            _waiting = new uint[MaxDepth * Compression.Words];
        }
        chaining[..Compression.Words].CopyTo(_waiting.AsSpan(_depth * Compression.Words));
        _depth++;
    }

    // After n chunks there is one subtree for each bit that is set in n.
    private void Join(ulong chunks)
    {
        for (int depth = BitOperations.PopCount(chunks); _depth > depth; _depth--)
        {
            Span<uint> two = _waiting.AsSpan((_depth - 2) * Compression.Words, 2 * Compression.Words);
            Compression.Compress(_key, two, Compression.BlockBytes, 0, _flags | Domains.Parent, two[..Compression.Words]);
        }
    }

    private void FillChunk(ReadOnlySpan<byte> input)
    {
        while (!input.IsEmpty)
        {
            if (_blockLength == Compression.BlockBytes)
            {
                Compression.Compress(
                    _chaining, MemoryMarshal.Cast<byte, uint>(_block), Compression.BlockBytes, _chunks, BlockFlags(isLast: false), _chaining);
                _chunkBlocks++;
                _blockLength = 0;
            }
            // A last block stays in the buffer: whether it ends the chunk shows later.
            int taken = Math.Min(Compression.BlockBytes - _blockLength, input.Length);
            input[..taken].CopyTo(_block.AsSpan(_blockLength));
            _blockLength += taken;
            input = input[taken..];
        }
        Array.Clear(_block, _blockLength, _block.Length - _blockLength);
    }

    private void FinishChunk()
    {
        Compression.Compress(
            _chaining, MemoryMarshal.Cast<byte, uint>(_block), (uint)_blockLength, _chunks, BlockFlags(isLast: true), _chaining);
        Push(_chaining);
        _chunks++;
        StartChunk();
    }

    private void StartChunk()
    {
        _key.CopyTo(_chaining, 0);
        Array.Clear(_block);
        _blockLength = 0;
        _chunkBlocks = 0;
    }

    private uint BlockFlags(bool isLast) => _flags | (_chunkBlocks == 0 ? Domains.ChunkStart : 0) | (isLast ? Domains.ChunkEnd : 0);

    // What the root compression takes, without its flag.
    private (uint Length, uint Flags) Root(Span<uint> chaining, Span<uint> block)
    {
        int below = _depth;
        uint length = Compression.BlockBytes;
        uint flags = _flags | Domains.Parent;
        if (_depth == 0 || ChunkLength > 0)
        {
            _chaining.CopyTo(chaining);
            MemoryMarshal.Cast<byte, uint>(_block).CopyTo(block);
            length = (uint)_blockLength;
            flags = BlockFlags(isLast: true);
        }
        else
        {
            below -= 2;
            _key.CopyTo(chaining);
            _waiting.AsSpan(below * Compression.Words, 2 * Compression.Words).CopyTo(block);
        }
        Span<uint> right = stackalloc uint[Compression.Words];
        while (below > 0)
        {
            // The counter of a chunk that is not the root is its number; parents have none.
            ulong counter = (flags & Domains.Parent) == 0 ? _chunks : 0;
            Compression.Compress(chaining, block, length, counter, flags, right);
            below--;
            _key.CopyTo(chaining);
            _waiting.AsSpan(below * Compression.Words, Compression.Words).CopyTo(block);
            right.CopyTo(block[Compression.Words..]);
            length = Compression.BlockBytes;
            flags = _flags | Domains.Parent;
        }
        return (length, flags);
    }
}
