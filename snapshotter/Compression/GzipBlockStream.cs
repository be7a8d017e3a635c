using System.Buffers;
using System.IO.Compression;

namespace Cairn.Snapshotter.Compression;

/// <summary>
/// Writes gzip as one member per MiB of content: the members are compressed side by side, and the bytes do not depend on the number of cores.
/// </summary>
internal sealed class GzipBlockStream(Stream sink, int level) : Stream
{
    private const int BlockSize = 1 << 20;

    // GZipStream writes nothing for nothing, which is not a gzip file. Method 8, no time, unknown system, an empty final block.
    private static readonly byte[] EmptyMember = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0];

    private readonly Queue<Task<ArraySegment<byte>>> _pending = new();   // in the order of the content
    private readonly int _maxPending = Environment.ProcessorCount + 1;
    private byte[] _block = ArrayPool<byte>.Shared.Rent(BlockSize);
    private int _length;
    private bool _any;
    private bool _disposed;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => !_disposed;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        while (!buffer.IsEmpty)
        {
            int taken = Math.Min(buffer.Length, BlockSize - _length);
            buffer[..taken].CopyTo(_block.AsSpan(_length));
            _length += taken;
            buffer = buffer[taken..];
            if (_length == BlockSize)
            {
                EndBlock();
            }
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    // A member ends only where the content says so.
    public override void Flush()
    {
    }

    protected override void Dispose(bool disposing)
    {
        if (_disposed)
        {
            return;
        }
        _disposed = true;
        try
        {
            if (disposing)
            {
                if (!_any && _length == 0)
                {
                    sink.Write(EmptyMember);
                }
                else if (_length > 0)
                {
                    EndBlock();
                }
                while (_pending.Count > 0)
                {
                    WriteOldest();
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(_block);
            _block = [];
            base.Dispose(disposing);
        }
    }

    private void EndBlock()
    {
        byte[] block = _block;
        int length = _length;
        _pending.Enqueue(Task.Run(() => CompressBlock(block, length)));
        _block = ArrayPool<byte>.Shared.Rent(BlockSize);
        _length = 0;
        _any = true;
        if (_pending.Count > _maxPending)
        {
            WriteOldest();
        }
    }

    private void WriteOldest()
    {
        ArraySegment<byte> member = _pending.Dequeue().GetAwaiter().GetResult();
        sink.Write(member);
    }

    private ArraySegment<byte> CompressBlock(byte[] block, int length)
    {
        try
        {
            var output = new MemoryStream(length / 2);
            using (var gzip = new GZipStream(output, new ZLibCompressionOptions { CompressionLevel = level }, leaveOpen: true))
            {
                gzip.Write(block, 0, length);
            }
            return output.TryGetBuffer(out ArraySegment<byte> bytes) ? bytes : output.ToArray();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(block);
        }
    }
}
