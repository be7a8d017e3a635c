namespace Blake3;

/// <summary>Hashes what is read or written through it.</summary>
/// <param name="backend">Where bytes come from or go to.</param>
/// <param name="dispose">Whether the other stream ends with this one.</param>
public sealed class Blake3Stream(Stream backend, bool dispose = true) : Stream
{
    private readonly Hasher _hasher = Hasher.New();

    /// <inheritdoc/>
    public override bool CanRead => backend.CanRead;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => backend.CanWrite;

    /// <inheritdoc/>
    public override long Length => backend.Length;

    /// <inheritdoc/>
    public override long Position
    {
        get => backend.Position;
        set => throw new NotSupportedException();
    }

    /// <summary>The hash of the bytes so far.</summary>
    public Hash ComputeHash() => _hasher.Finalize();

    /// <summary>Output of any length for the bytes so far.</summary>
    public void ComputeHash(Span<byte> hash) => _hasher.Finalize(hash);

    /// <summary>Forgets the bytes so far.</summary>
    public void ResetHash() => _hasher.Reset();

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        int read = backend.Read(buffer);
        _hasher.Update(buffer[..read]);
        return read;
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int read = await backend.ReadAsync(buffer, cancellationToken);
        _hasher.Update(buffer.Span[..read]);
        return read;
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        backend.Write(buffer);
        _hasher.Update(buffer);
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await backend.WriteAsync(buffer, cancellationToken);
        _hasher.Update(buffer.Span);
    }

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override void Flush() => backend.Flush();

    /// <inheritdoc/>
    public override Task FlushAsync(CancellationToken cancellationToken) => backend.FlushAsync(cancellationToken);

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _hasher.Dispose();
            if (dispose)
            {
                backend.Dispose();
            }
        }
        base.Dispose(disposing);
    }
}
