using System.Buffers;

namespace Cairn.Rpc.Calls;

/// <summary>
/// A byte stream within a call whose messages have one field of octets, number 1, in both directions. The borders of messages mean nothing.
/// </summary>
/// <remarks>One reader and one writer at a time. Disposing it ends this side's half; the call itself belongs to its owner.</remarks>
public sealed class ByteMessageStream : Stream
{
    // Far below the 4 MiB that some peers take at most, and what a processor's cache holds on the way.
    private const int LargestPart = 128 << 10;
    private const byte FieldTag = 0x0A;

    private readonly ICallBody _body;
    private readonly byte[] _head = new byte[MessageFrame.PrefixSize + 6];
    private ReadOnlySequence<byte> _unread;
    private bool _hasEnded;
    private int _disposed;

    internal ByteMessageStream(ICallBody body) => _body = body;

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Reads what is there, or waits for something. 0 is the end of the peer's half.</summary>
    /// <exception cref="IOException">The call has failed.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (_unread.IsEmpty)
        {
            if (_hasEnded || buffer.IsEmpty)
            {
                return 0;
            }

            try
            {
                if (await _body.ReadAsync(cancellationToken) is { } message)
                {
                    _unread = Octets(message);
                }
                else
                {
                    _hasEnded = true;
                }
            }
            catch (RpcException e)
            {
                throw new IOException(e.Message, e);
            }
        }

        int read = (int)Math.Min(buffer.Length, _unread.Length);
        _unread.Slice(0, read).CopyTo(buffer.Span);
        _unread = _unread.Slice(read);
        return read;
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) =>
        ReadAsync(buffer.AsMemory(offset, count), CancellationToken.None).AsTask().GetAwaiter().GetResult();

    /// <summary>Sends the octets at once.</summary>
    /// <exception cref="IOException">The call is over.</exception>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            while (!buffer.IsEmpty)
            {
                ReadOnlyMemory<byte> part = buffer[..Math.Min(buffer.Length, LargestPart)];
                buffer = buffer[part.Length..];
                await _body.WriteAsync(Head(part.Length), part, cancellationToken);
            }
        }
        catch (RpcException e)
        {
            throw new IOException(e.Message, e);
        }
    }

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) =>
        WriteAsync(buffer.AsMemory(offset, count), CancellationToken.None).AsTask().GetAwaiter().GetResult();

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            try
            {
                await _body.EndWritingAsync(CancellationToken.None);
            }
            catch (RpcException)
            {
                // Over already, which is what was wanted.
            }
        }

        await base.DisposeAsync();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && Volatile.Read(ref _disposed) == 0)
        {
            _ = DisposeAsync().AsTask();   // an end of stream waits for nothing but a lock
        }

        base.Dispose(disposing);
    }

    // All of the message but its octets.
    private ReadOnlyMemory<byte> Head(int length)
    {
        _head[MessageFrame.PrefixSize] = FieldTag;
        int fieldHead = 1 + WireFields.WriteNumber(_head.AsSpan(MessageFrame.PrefixSize + 1), (uint)length);
        MessageFrame.WritePrefix(_head, fieldHead + length);
        return _head.AsMemory(0, MessageFrame.PrefixSize + fieldHead);
    }

    // The last field 1 wins, as in any parser; unknown fields are passed over.
    private static ReadOnlySequence<byte> Octets(ReadOnlySequence<byte> message)
    {
        ReadOnlySequence<byte> octets = default;
        var reader = new SequenceReader<byte>(message);
        try
        {
            while (WireFields.TryNext(ref reader, out int field, out _, out ReadOnlySequence<byte> value))
            {
                octets = field == 1 ? value : octets;
            }
        }
        catch (FormatException e)
        {
            throw new IOException($"a message of the byte stream cannot be parsed: {e.Message}", e);
        }

        return octets;
    }
}
