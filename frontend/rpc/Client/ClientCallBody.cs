using System.Buffers;
using Cairn.Rpc.Calls;
using Cairn.Rpc.Hpack;
using Cairn.Rpc.Http2;

namespace Cairn.Rpc.Client;

/// <summary>The caller's side of one call: its stream, its limits, its end.</summary>
internal sealed class ClientCallBody : ICallBody, IAsyncDisposable
{
    private readonly Http2Stream _stream;
    private readonly CallLimits _limits;
    private readonly MessageReader _reader;
    private readonly CancellationTokenRegistration _registration;
    private bool _hasHeaders;

    public ClientCallBody(Http2Stream stream, CallLimits limits, int maxMessage)
    {
        _stream = stream;
        _limits = limits;
        _reader = new MessageReader(stream.Input, maxMessage);
        _registration = limits.Token.UnsafeRegister(static s => ((Http2Stream)s!).Reset(Http2ErrorCode.Cancel), stream);
    }

    /// <summary>What came with the status; empty before the end.</summary>
    public Metadata Trailers { get; private set; } = new();

    /// <summary>The server's headers. If it answered with a status only, they are empty.</summary>
    public async Task<Metadata> ReadHeadersAsync(CancellationToken cancellationToken)
    {
        _stream.Flush();
        HeaderBlock block = await GuardAsync(new ValueTask<HeaderBlock>(_stream.Headers.WaitAsync(cancellationToken)), cancellationToken);
        return block.Find("grpc-status") is null ? Metadata.FromWire(block.Fields) : new Metadata();
    }

    public async ValueTask<ReadOnlySequence<byte>?> ReadAsync(CancellationToken cancellationToken)
    {
        if (!_hasHeaders)
        {
            _stream.Flush();
            CheckHeaders(await GuardAsync(new ValueTask<HeaderBlock>(_stream.Headers.WaitAsync(cancellationToken)), cancellationToken));
            _hasHeaders = true;
        }

        ReadOnlySequence<byte>? message;
        try
        {
            message = await GuardAsync(_reader.ReadAsync(cancellationToken), cancellationToken);
        }
        catch (RpcException)
        {
            _stream.Reset(Http2ErrorCode.Cancel);   // refused here, or failed anyway
            throw;
        }

        if (message is null)
        {
            Finish();
        }

        return message;
    }

    public ValueTask WriteAsync(ReadOnlyMemory<byte> head, ReadOnlyMemory<byte> body, CancellationToken cancellationToken) =>
        SendAsync(head, body, end: false, cancellationToken);

    public ValueTask EndWritingAsync(CancellationToken cancellationToken) => SendAsync(default, default, end: true, cancellationToken);

    /// <summary>Sends the last message together with the end.</summary>
    public ValueTask WriteLastAsync(ReadOnlyMemory<byte> frame, CancellationToken cancellationToken) =>
        SendAsync(frame, default, end: true, cancellationToken);

    /// <summary>Cancels the call if it has not ended.</summary>
    public async ValueTask DisposeAsync()
    {
        await _registration.DisposeAsync();
        _stream.Reset(Http2ErrorCode.Cancel);
        _stream.Discard();
        _limits.Dispose();
    }

    private async ValueTask SendAsync(ReadOnlyMemory<byte> head, ReadOnlyMemory<byte> body, bool end, CancellationToken cancellationToken)
    {
        try
        {
            await _stream.WriteAsync(head, body, end, flush: true, cancellationToken);
        }
        catch (Http2ResetException e) when (e.IsRemote && e.Code == Http2ErrorCode.NoError)
        {
            // The server has answered and wants nothing more. Its answer is read as usual; a message that would be lost is not accepted.
            if (!end)
            {
                throw new RpcException(StatusCode.Cancelled, "the server has ended the call", e);
            }
        }
        catch (IOException e)
        {
            throw Translate(e);
        }
    }

    private async ValueTask<T> GuardAsync<T>(ValueTask<T> reading, CancellationToken cancellationToken)
    {
        try
        {
            return await reading;
        }
        catch (IOException e)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw Translate(e);
        }
    }

    private Exception Translate(IOException e)
    {
        if (_limits.Token.IsCancellationRequested)
        {
            return _limits.End();
        }

        StatusCode code = e is not Http2ResetException reset ? StatusCode.Unavailable : reset.Code switch
        {
            Http2ErrorCode.RefusedStream => StatusCode.Unavailable,
            Http2ErrorCode.Cancel => StatusCode.Cancelled,
            Http2ErrorCode.EnhanceYourCalm => StatusCode.ResourceExhausted,
            Http2ErrorCode.InadequateSecurity => StatusCode.PermissionDenied,
            _ => StatusCode.Internal,
        };
        return new RpcException(code, e.Message, e);
    }

    private void CheckHeaders(HeaderBlock block)
    {
        if (block.Find("grpc-status") is not null)
        {
            return;   // a status only; it is read at the end
        }

        string? status = block.Find(":status");
        string? contentType = block.Find("content-type");
        if (status != "200" || !CallFields.IsContentType(contentType))
        {
            _stream.Reset(Http2ErrorCode.Cancel);
            throw new RpcException(
                CallFields.OfHttpStatus(status), $"the answer is not gRPC: HTTP status {status}, content type \"{contentType ?? ""}\"");
        }

        _reader.Encoding = block.Find("grpc-encoding");
    }

    private void Finish()
    {
        HeaderBlock? trailers = _stream.Trailers;
        RpcStatus status = (trailers is null ? null : CallFields.ReadStatus(trailers))
            ?? new RpcStatus(StatusCode.Internal, "the answer ended without a status");
        Trailers = trailers is null ? new Metadata() : Metadata.FromWire(trailers.Fields);
        if (status.Code != StatusCode.Ok)
        {
            throw new RpcException(status, Trailers, null);
        }
    }
}
