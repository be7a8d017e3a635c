using System.Security.Cryptography;
using Cairn.Llb;
using Cairn.Snapshotter.Store;

namespace Cairn.Cache.Blobs;

/// <summary>A blob being written in the staging area; hashed on the way. Disposing it without commit throws it away.</summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Naming", "CA1710", Justification = "A writer that happens to be a stream.")]
public sealed class BlobWriter : Stream
{
    private readonly BlobStore _store;
    private readonly StagingDirectory _staging;
    private readonly string _path;
    private readonly FileStream _file;
    private readonly IncrementalHash _sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private long _written;
    private bool _committed;

    internal BlobWriter(BlobStore store, StagingDirectory staging)
    {
        _store = store;
        _staging = staging;
        _path = Path.Combine(staging.Path, "blob");
        _file = new FileStream(_path, FileMode.CreateNew, FileAccess.Write, FileShare.Read, bufferSize: 0);
    }

    /// <inheritdoc/>
    public override bool CanRead => false;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => !_committed;

    /// <summary>Bytes written so far.</summary>
    public override long Length => _written;

    /// <inheritdoc/>
    public override long Position
    {
        get => _written;
        set => throw new NotSupportedException();
    }

    /// <summary>Checks the blob and makes it visible, in one transaction.</summary>
    /// <param name="expected">The digest it must have, or null to take the one it has.</param>
    /// <param name="size">The size it must have, or null.</param>
    /// <returns>A claim that keeps the blob.</returns>
    /// <exception cref="BuildException">Digest or size are others; the error names both.</exception>
    public BlobClaim Commit(Digest? expected, long? size) => Commit(expected, size, static (_, _, _) => { });

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        _file.Write(buffer);
        _sha256.AppendData(buffer);
        _written += buffer.Length;
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Write(buffer.Span);   // a local file: an asynchronous write would only move to another thread
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override void Flush() => _file.Flush();

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <summary>As <see cref="Commit(Digest?, long?)"/>, with more rows in the same transaction.</summary>
    internal BlobClaim Commit(Digest? expected, long? size, Action<WriteTransaction, Digest, long> rows)
    {
        ObjectDisposedException.ThrowIf(_committed, this);
        _committed = true;
        _file.Dispose();
        Digest digest = Digest.FromHash(_sha256);
        if (size is { } bytes && bytes != _written)
        {
            throw new BuildException(
                ErrorKind.Environment, "store blob", (expected ?? digest).ToString(), $"it has {_written} bytes and should have {bytes}");
        }
        if (expected is { } wanted && wanted != digest)
        {
            throw new BuildException(
                ErrorKind.Environment, "store blob", wanted.ToString(), $"the bytes have the digest {digest}: they were damaged or changed on the way");
        }
        return _store.Publish(_path, digest, _written, rows);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _file.Dispose();
            _sha256.Dispose();
            _staging.Dispose();
        }
        base.Dispose(disposing);
    }
}
