using System.Buffers;
using System.IO.Pipelines;
using Cairn.Rpc.Hpack;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Cairn.Rpc.Server;

/// <summary>A request that Kestrel has taken.</summary>
internal sealed class KestrelExchange(HttpContext context) : ServerExchange
{
    public override string Method => context.Request.Method;

    public override string Path => context.Request.Path.Value ?? "";

    public override IEnumerable<HeaderField> Fields
    {
        get
        {
            foreach ((string name, StringValues values) in context.Request.Headers)
            {
                foreach (string? value in values)
                {
                    yield return new HeaderField(name.ToLowerInvariant(), value ?? "");
                }
            }
        }
    }

    public override RpcPeer Peer => new(
        context.Connection.RemoteIpAddress is { } address ? new System.Net.IPEndPoint(address, context.Connection.RemotePort) : null,
        context.Connection.ClientCertificate);

    public override PipeReader Input => context.Request.BodyReader;

    public override void OnGone(Action callback) => context.RequestAborted.UnsafeRegister(static c => ((Action)c!)(), callback);

    public override string? Find(string name) => context.Request.Headers.TryGetValue(name, out StringValues values) ? values[0] : null;

    public override async ValueTask WriteHeadersAsync(IEnumerable<HeaderField> fields, bool flush, CancellationToken cancellationToken)
    {
        SetHeaders(fields);
        if (flush)
        {
            await context.Response.StartAsync(cancellationToken);
            await context.Response.BodyWriter.FlushAsync(cancellationToken);
        }
    }

    public override async ValueTask WriteAsync(
        ReadOnlyMemory<byte> head, ReadOnlyMemory<byte> body, bool flush, CancellationToken cancellationToken)
    {
        PipeWriter writer = context.Response.BodyWriter;
        writer.Write(head.Span);
        writer.Write(body.Span);
        if (flush)
        {
            await writer.FlushAsync(cancellationToken);
        }
    }

    public override async ValueTask FinishAsync(IEnumerable<HeaderField> trailers)
    {
        foreach (HeaderField field in trailers)
        {
            context.Response.AppendTrailer(field.Name, field.Value);
        }

        await context.Response.CompleteAsync();
    }

    public override async ValueTask FinishAtOnceAsync(int httpStatus, IEnumerable<HeaderField> fields)
    {
        context.Response.StatusCode = httpStatus;
        SetHeaders(fields);
        await context.Response.CompleteAsync();
    }

    private void SetHeaders(IEnumerable<HeaderField> fields)
    {
        foreach (HeaderField field in fields)
        {
            IHeaderDictionary headers = context.Response.Headers;
            headers[field.Name] = StringValues.Concat(headers[field.Name], field.Value);
        }
    }
}
