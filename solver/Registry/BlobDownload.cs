using Cairn.Llb;

namespace Cairn.Solver.Registry;

/// <summary>The bytes of a blob as they arrive; a torn connection is taken up again where it broke.</summary>
/// <remarks>Gives exactly the size of the descriptor or fails. The digest is for the receiver to check.</remarks>
internal sealed class BlobDownload : Stream
{
    private readonly RegistryRepository _repository;
    private readonly Descriptor _blob;
    private readonly IDisposable _slot;
    private Stream? _body;
    private long _position;
    private int _failures;   // since bytes last arrived

    public BlobDownload(RegistryRepository repository, Descriptor blob, long offset, Stream body, IDisposable slot)
    {
        _repository = repository;
        _blob = blob;
        _position = offset;
        _body = body;
        _slot = slot;
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => _blob.Size;

    public override long Position
    {
        get => _position;
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_position >= _blob.Size || buffer.Length == 0)
        {
            return 0;
        }

        Memory<byte> wanted = buffer[..(int)Math.Min(buffer.Length, _blob.Size - _position)];
        while (true)
        {
            try
            {
                _body ??= await _repository.OpenBodyAsync(_blob, _position, cancellationToken);
                int read = await _repository.ReadBodyAsync(_body, wanted, cancellationToken);
                if (read > 0)
                {
                    _failures = 0;
                    _position += read;
                    return read;
                }

                if (_failures++ > 0)
                {
                    throw _repository.Truncated(_blob, _position);
                }
            }
            catch (Exception e) when (RegistryFault.IsTransport(e))
            {
                await _repository.PauseAfterAsync(e, _blob, _failures++, cancellationToken);
            }

            await CloseBodyAsync();
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) =>
        ReadAsync(buffer.AsMemory(offset, count), CancellationToken.None).AsTask().GetAwaiter().GetResult();

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
            _body?.Dispose();
            _body = null;
            _slot.Dispose();
        }

        base.Dispose(disposing);
    }

    private async ValueTask CloseBodyAsync()
    {
        if (_body is not null)
        {
            await _body.DisposeAsync();
            _body = null;
        }
    }
}
