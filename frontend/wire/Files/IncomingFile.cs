namespace Cairn.Wire.Files;

/// <summary>The content of one entry as it arrives. One reader; its last reading, or disposing it, makes room for others.</summary>
internal sealed class IncomingFile : Stream
{
    private readonly PacketReceiver _receiver;
    private readonly Lock _gate = new();   // guards all that follows
    private readonly Queue<FilePacket> _packets = new();
    private TaskCompletionSource? _waiter;
    private FilePacket? _current;
    private int _taken;   // octets of the current packet that were read
    private bool _hasEnded;
    private bool _isReleased;
    private Exception? _failure;

    public IncomingFile(PacketReceiver receiver, uint id, long size)
    {
        _receiver = receiver;
        Id = id;
        Size = size;
    }

    public uint Id { get; }

    /// <summary>Octets as the entry says.</summary>
    public long Size { get; }

    /// <summary>Octets that have come; the receiver's loop alone counts them.</summary>
    public long Received { get; set; }

    /// <summary>The peer was asked for it. Under the receiver's lock.</summary>
    public bool IsAsked { get; set; }

    /// <summary>Nobody will read it any more. Under the receiver's lock.</summary>
    public bool IsDropped { get; set; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Takes a packet over. False if nobody wants it any more.</summary>
    public bool Append(FilePacket packet)
    {
        TaskCompletionSource? waiter;
        lock (_gate)
        {
            if (_isReleased)
            {
                return false;
            }

            _packets.Enqueue(packet);
            waiter = TakeWaiter();
        }

        waiter?.SetResult();
        return true;
    }

    public void End(Exception? failure)
    {
        TaskCompletionSource? waiter;
        lock (_gate)
        {
            if (_hasEnded)
            {
                return;
            }

            _hasEnded = true;
            _failure = failure;
            waiter = TakeWaiter();
        }

        waiter?.SetResult();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            if (TryRead(buffer.Span, out int read) is not { } wait)
            {
                return read;
            }

            await wait.WaitAsync(cancellationToken);
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        while (true)
        {
            if (TryRead(buffer, out int read) is not { } wait)
            {
                return read;
            }

            wait.GetAwaiter().GetResult();
        }
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        Release();
        base.Dispose(disposing);
    }

    /// <summary>Null: read. Else what to wait for.</summary>
    private Task? TryRead(Span<byte> buffer, out int read)
    {
        read = 0;
        int freed = 0;
        bool isOver = false;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isReleased && _failure is null && !_hasEnded, this);
            if (_current is null && !_packets.TryDequeue(out _current))
            {
                if (!_hasEnded)
                {
                    _waiter ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                    return _waiter.Task;
                }

                if (_failure is { } failure)
                {
                    throw new IOException(failure.Message, failure);
                }

                isOver = true;
            }
            else
            {
                ReadOnlySpan<byte> rest = _current.Data.Span[_taken..];
                read = Math.Min(rest.Length, buffer.Length);
                rest[..read].CopyTo(buffer);
                _taken += read;
                if (_taken == _current.Data.Length)
                {
                    freed = _taken;
                    _current.Release();
                    _current = null;
                    _taken = 0;
                }
            }
        }

        if (isOver)
        {
            Release();
        }
        else if (freed > 0)
        {
            _receiver.Took(freed);
        }

        return null;
    }

    private void Release()
    {
        int freed = 0;
        lock (_gate)
        {
            if (_isReleased)
            {
                return;
            }

            _isReleased = true;
            if (_current is not null)
            {
                _packets.Enqueue(_current);
                _current = null;
            }

            while (_packets.TryDequeue(out FilePacket? packet))
            {
                freed += packet.Data.Length;
                packet.Release();
            }
        }

        _receiver.Took(freed);
        _receiver.Consumed(this);
    }

    private TaskCompletionSource? TakeWaiter()
    {
        TaskCompletionSource? waiter = _waiter;
        _waiter = null;
        return waiter;
    }
}
