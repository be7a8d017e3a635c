using Cairn.Rpc.Calls;

namespace Cairn.Rpc.Client;

/// <summary>A call that has begun. Reading and writing may go on at the same time, one of each. Disposing it cancels what has not ended.</summary>
/// <typeparam name="TRequest">Message of the caller.</typeparam>
/// <typeparam name="TResponse">Message of the server.</typeparam>
public sealed class ClientCall<TRequest, TResponse> : IAsyncDisposable
{
    private readonly ClientCallBody _body;
    private readonly RpcMethod<TRequest, TResponse> _method;

    internal ClientCall(ClientCallBody body, RpcMethod<TRequest, TResponse> method)
    {
        _body = body;
        _method = method;
        Requests = new MessageSink<TRequest>(body, method.Request);
        Responses = new MessageSource<TResponse>(body, method.Response);
    }

    /// <summary>What the caller sends. The headers go out with the first message, or with <see cref="ReadHeadersAsync"/>, or with the end.</summary>
    public MessageSink<TRequest> Requests { get; }

    /// <summary>What the server sends. A call that failed throws here, after the messages that came before.</summary>
    public MessageSource<TResponse> Responses { get; }

    /// <summary>Metadata that came with the status; empty before the end of <see cref="Responses"/>.</summary>
    public Metadata Trailers => _body.Trailers;

    /// <summary>Waits for the server's headers; they come before its first message at the latest.</summary>
    /// <returns>Empty if the server answered with a status only.</returns>
    public Task<Metadata> ReadHeadersAsync(CancellationToken cancellationToken) => _body.ReadHeadersAsync(cancellationToken);

    /// <summary>Ends the requests and reads the one response of a call that has only one.</summary>
    /// <exception cref="RpcException">The call has failed, or there was not exactly one response.</exception>
    public async Task<TResponse> FinishAsync(CancellationToken cancellationToken)
    {
        await Requests.CompleteAsync(cancellationToken);
        return await ReadOnlyResponseAsync(cancellationToken);
    }

    /// <summary>The call as a byte stream, if its messages have one field of octets, number 1. Instead of <see cref="Requests"/> and <see cref="Responses"/>.</summary>
    public ByteMessageStream AsByteStream() => new(_body);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _body.DisposeAsync();

    internal async Task<TResponse> ExchangeAsync(TRequest request)
    {
        // The call's own token stands behind both: it resets the stream, which ends the waiting.
        await _body.WriteLastAsync(new MessageFrame().Fill(request, _method.Request), CancellationToken.None);
        return await ReadOnlyResponseAsync(CancellationToken.None);
    }

    private async Task<TResponse> ReadOnlyResponseAsync(CancellationToken cancellationToken)
    {
        if (!await Responses.MoveNextAsync(cancellationToken))
        {
            throw new RpcException(StatusCode.Unimplemented, "the server has sent no response");
        }

        TResponse response = Responses.Current;
        return await Responses.MoveNextAsync(cancellationToken)
            ? throw new RpcException(StatusCode.Unimplemented, "the server has sent more than one response")
            : response;
    }
}
