using Cairn.Rpc.Calls;
using Cairn.Rpc.Hpack;

namespace Cairn.Rpc.Server;

/// <summary>Takes one request through its handler to its status.</summary>
internal sealed class CallRunner(RpcServices services, RpcServerOptions options)
{
    /// <summary>Serves a request; whatever goes wrong becomes the answer, or nothing if nobody is there to hear it. Does not throw.</summary>
    public async Task RunAsync(ServerExchange exchange)
    {
        try
        {
            if (CheckHttp(exchange) is ({ } refusal, int httpStatus))
            {
                exchange.FinishAtOnce(httpStatus, [CallFields.ContentTypeField, .. CallFields.OfStatus(refusal, new Metadata())]);
                return;
            }

            await RunCallAsync(exchange);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The caller is gone; there is nobody to tell.
        }
        catch (Exception e)   // the top of a call
        {
            options.Logger.HandlerFailed(exchange.Path, e);
        }
    }

    private async Task RunCallAsync(ServerExchange exchange)
    {
        using var gone = new CancellationTokenSource();
        exchange.OnGone(() => Cancel(gone));
        TimeSpan? timeout = null;
        ServerHandler? handler = services.Find(exchange.Path);
        RpcStatus? refusal = exchange.Find("te") is "trailers" ? null : new RpcStatus(StatusCode.Internal, "the request has no \"te: trailers\"");
        if (refusal is null && exchange.Find("grpc-timeout") is { } text)
        {
            timeout = CallFields.ParseTimeout(text);
            refusal = timeout is null ? new RpcStatus(StatusCode.Internal, $"the deadline \"{text}\" is malformed") : null;
        }

        if (refusal is null && handler is null)
        {
            refusal = new RpcStatus(StatusCode.Unimplemented, $"unknown method {exchange.Path}");
        }

        using CancellationTokenSource? deadline = timeout is { } time ? new CancellationTokenSource(time, options.Clock) : null;
        using CancellationTokenSource? both = deadline is null ? null : CancellationTokenSource.CreateLinkedTokenSource(gone.Token, deadline.Token);
        CancellationToken ended = both?.Token ?? gone.Token;
        var call = new ServerCall(exchange, options.MaxReceiveMessage, timeout is { } left ? options.Clock.GetUtcNow() + left : null, ended);
        RpcStatus status = refusal ?? RpcStatus.Ok;
        Metadata trailers = call.ResponseTrailers;
        if (refusal is null)
        {
            try
            {
                await handler!(call, ended);
            }
            catch (RpcException e)
            {
                (status, trailers) = (e.Status, e.Trailers.Count > 0 ? e.Trailers : trailers);
            }
            catch (OperationCanceledException) when (ended.IsCancellationRequested)
            {
                status = deadline is { IsCancellationRequested: true }
                    ? new RpcStatus(StatusCode.DeadlineExceeded, "the deadline has passed")
                    : new RpcStatus(StatusCode.Cancelled, "the caller has given up");
            }
            catch (Exception e)   // the top of a handler
            {
                status = options.Describe?.Invoke(e) ?? new RpcStatus(StatusCode.Unknown, e.Message);
                if (status.Code is StatusCode.Unknown or StatusCode.Internal)
                {
                    options.Logger.HandlerFailed(exchange.Path, e);
                }
            }
        }

        if (gone.IsCancellationRequested)
        {
            return;
        }

        IEnumerable<HeaderField> fields = CallFields.OfStatus(status, trailers);
        if (call.HasBegun)
        {
            exchange.Finish(fields);
        }
        else
        {
            exchange.FinishAtOnce(200, [CallFields.ContentTypeField, CallFields.AcceptField, .. call.ResponseHeaders.Fields, .. fields]);
        }
    }

    private static (RpcStatus? Refusal, int HttpStatus) CheckHttp(ServerExchange exchange)
    {
        if (exchange.Method != "POST")
        {
            return (new RpcStatus(StatusCode.Internal, $"the method of a call is POST, not {exchange.Method}"), 405);
        }

        string? contentType = exchange.Find("content-type");
        return CallFields.IsContentType(contentType)
            ? (null, 200)
            : (new RpcStatus(StatusCode.InvalidArgument, $"the content type \"{contentType ?? ""}\" is not gRPC"), 415);
    }

    private static void Cancel(CancellationTokenSource source)
    {
        try
        {
            source.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The call has ended in the same moment.
        }
    }
}
