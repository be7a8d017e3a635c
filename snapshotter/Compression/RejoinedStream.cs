namespace Cairn.Snapshotter.Compression;

/// <summary>Reads bytes that were taken from the front of a stream, then the rest of it.</summary>
internal sealed class RejoinedStream(ReadOnlyMemory<byte> front, Stream rest) : Stream
{
    private ReadOnlyMemory<byte> _front = front;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer)
    {
        if (_front.IsEmpty)
        {
            return rest.Read(buffer);
        }
        int taken = Math.Min(buffer.Length, _front.Length);
        _front.Span[..taken].CopyTo(buffer);
        _front = _front[taken..];
        return taken;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            rest.Dispose();
        }
        base.Dispose(disposing);
    }
}
