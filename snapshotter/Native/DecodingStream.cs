using Cairn.Llb;

namespace Cairn.Snapshotter.Native;

/// <summary>Reads through a decoder of a C library.</summary>
internal abstract class DecodingStream(Stream source, string format) : Stream
{
    private readonly byte[] _input = new byte[128 * 1024];
    private int _start;
    private int _end;
    private bool _sourceEnded;
    private bool _ended;
    private bool _disposed;

    public override bool CanRead => !_disposed;

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
        ObjectDisposedException.ThrowIf(_disposed, this);
        while (!_ended && !buffer.IsEmpty)
        {
            if (_start == _end && !_sourceEnded)
            {
                _start = 0;
                _end = source.Read(_input);
                _sourceEnded = _end == 0;
            }
            DecodeStep step = Decode(_input.AsSpan(_start.._end), buffer, _sourceEnded);
            _start += step.Consumed;
            if (step.IsEnd)
            {
                _ended = _start == _end && (_sourceEnded || !Refill());
            }
            if (step.Produced > 0)
            {
                return step.Produced;
            }
            if (!_ended && _sourceEnded && step is { Consumed: 0, IsEnd: false })
            {
                throw Damaged("it ends too early");
            }
        }
        return 0;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <summary>Takes some input and gives some output.</summary>
    /// <param name="input">What is at hand.</param>
    /// <param name="output">Room for what comes out.</param>
    /// <param name="isLast">No input follows.</param>
    protected abstract DecodeStep Decode(ReadOnlySpan<byte> input, Span<byte> output, bool isLast);

    /// <summary>Frees the decoder.</summary>
    protected abstract void Free();

    protected BuildException Damaged(string reason) => new(ErrorKind.Input, "decompress", format + " stream", reason);

    protected override void Dispose(bool disposing)
    {
        if (!_disposed)
        {
            _disposed = true;
            Free();
            if (disposing)
            {
                source.Dispose();
            }
        }
        base.Dispose(disposing);
    }

    private bool Refill()
    {
        _start = 0;
        _end = source.Read(_input);
        _sourceEnded = _end == 0;
        return !_sourceEnded;
    }
}
