using Cairn.Protos.ContentStore;
using Cairn.Rpc.Calls;
using Cairn.Rpc.Client;

namespace Cairn.Daemon.Sessions;

/// <summary>The bytes of a blob as a client sends them. Ends the call when it is disposed.</summary>
internal sealed class RemoteBlobStream(ClientCall<ReadContentRequest, ReadContentResponse> call) : Stream
{
    private ReadOnlyMemory<byte> _unread;
    private int _ended;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <exception cref="IOException">The client has failed or is gone.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            while (_unread.IsEmpty && !buffer.IsEmpty)
            {
                if (!await call.Responses.MoveNextAsync(cancellationToken))
                {
                    return 0;
                }

                _unread = call.Responses.Current.Data.Memory;
            }
        }
        catch (RpcException e)
        {
            throw new IOException(e.Status.Message, e);
        }

        int read = Math.Min(buffer.Length, _unread.Length);
        _unread[..read].CopyTo(buffer);
        _unread = _unread[read..];
        return read;
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

    public override async ValueTask DisposeAsync()
    {
        await EndAsync();
        await base.DisposeAsync();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _ = EndAsync();   // memory only: a reset is sent with what goes out next
        }

        base.Dispose(disposing);
    }

    private async Task EndAsync()
    {
        if (Interlocked.Exchange(ref _ended, 1) == 0)
        {
            await call.DisposeAsync();
        }
    }
}
