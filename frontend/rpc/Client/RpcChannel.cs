using Cairn.Rpc.Calls;
using Cairn.Rpc.Hpack;
using Cairn.Rpc.Http2;

namespace Cairn.Rpc.Client;

/// <summary>A caller's side of one connection. It carries any number of calls at once and does not reconnect.</summary>
public sealed class RpcChannel : IAsyncDisposable
{
    private readonly Http2Connection _connection;
    private readonly RpcChannelOptions _options;

    private RpcChannel(Stream transport, RpcChannelOptions options)
    {
        _options = options;
        _connection = Http2Connection.OpenClient(transport, new Http2Options
        {
            Clock = options.Clock,
            MaxStreams = 0,
            StreamWindow = options.StreamWindow,
            ConnectionWindow = options.ConnectionWindow,
            MaxHeaderList = options.MaxHeaderList,
            KeepaliveInterval = options.KeepaliveInterval,
            KeepaliveTimeout = options.KeepaliveTimeout,
        });
    }

    /// <summary>Completes when the connection is gone, for whatever reason. Never fails.</summary>
    public Task Closed => _connection.Closed;

    /// <summary>Why the connection is gone; null while it is not.</summary>
    public Exception? Failure => _connection.Failure;

    /// <summary>A channel over a byte stream in both directions, which it owns from now on.</summary>
    public static RpcChannel Over(Stream transport, RpcChannelOptions options) => new(transport, options);

    /// <summary>One message there, one back.</summary>
    /// <exception cref="RpcException">The call has failed.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled; the server has been told.</exception>
    public async Task<TResponse> CallAsync<TRequest, TResponse>(
        RpcMethod<TRequest, TResponse> method, TRequest request, RpcCallOptions options, CancellationToken cancellationToken)
    {
        await using ClientCall<TRequest, TResponse> call = await BeginAsync(method, options, cancellationToken);
        return await call.ExchangeAsync(request);
    }

    /// <summary>Begins a call of any kind.</summary>
    /// <param name="method">What to call.</param>
    /// <param name="options">What the call carries beside its messages.</param>
    /// <param name="cancellationToken">Ends the whole call, not only its beginning.</param>
    /// <returns>The call; the caller disposes it.</returns>
    /// <remarks>Waits while the server takes no more calls at once.</remarks>
    /// <exception cref="RpcException">The call could not begin.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async ValueTask<ClientCall<TRequest, TResponse>> BeginAsync<TRequest, TResponse>(
        RpcMethod<TRequest, TResponse> method, RpcCallOptions options, CancellationToken cancellationToken)
    {
        var limits = new CallLimits(options.Timeout, _options.Clock, cancellationToken);
        try
        {
            Http2Stream stream = await _connection.OpenStreamAsync(Fields(method.Path, options), limits.Token);
            return new ClientCall<TRequest, TResponse>(new ClientCallBody(stream, limits, _options.MaxReceiveMessage), method);
        }
        catch (OperationCanceledException)
        {
            Exception end = limits.End();
            limits.Dispose();
            throw end;
        }
        catch (Http2ClosedException e)
        {
            limits.Dispose();
            throw new RpcException(StatusCode.Unavailable, e.Message, e);
        }
    }

    /// <summary>Asks the other side for a sign of life.</summary>
    /// <exception cref="RpcException">The connection is gone.</exception>
    public async Task PingAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _connection.PingAsync(cancellationToken);
        }
        catch (Http2ClosedException e)
        {
            throw new RpcException(StatusCode.Unavailable, e.Message, e);
        }

        if (_connection.Failure is { } failure)
        {
            throw new RpcException(StatusCode.Unavailable, failure.Message, failure);
        }
    }

    /// <summary>Ends the calls that are open and the connection.</summary>
    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    private List<HeaderField> Fields(string path, RpcCallOptions options)
    {
        List<HeaderField> fields =
        [
            new(":method", "POST"), new(":scheme", _options.Scheme), new(":path", path), new(":authority", _options.Authority),
            CallFields.ContentTypeField, new("te", "trailers"), CallFields.AcceptField, new("user-agent", _options.UserAgent),
        ];
        if (options.Timeout is { } timeout)
        {
            fields.Add(new HeaderField("grpc-timeout", CallFields.FormatTimeout(timeout)));
        }

        if (options.Headers is { } headers)
        {
            fields.AddRange(headers.Fields);
        }

        return fields;
    }
}
