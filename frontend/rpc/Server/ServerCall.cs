using System.Buffers;
using Cairn.Rpc.Calls;

namespace Cairn.Rpc.Server;

/// <summary>The server's side of one call.</summary>
public sealed class ServerCall : ICallBody
{
    private readonly ServerExchange _exchange;
    private readonly MessageReader _reader;
    private readonly CancellationToken _ended;
    private bool _hasBegun;

    internal ServerCall(ServerExchange exchange, int maxMessage, DateTimeOffset? deadline, CancellationToken ended)
    {
        _exchange = exchange;
        _ended = ended;
        _reader = new MessageReader(exchange.Input, maxMessage) { Encoding = exchange.Find("grpc-encoding") };
        RequestHeaders = Metadata.FromWire(exchange.Fields);
        Deadline = deadline;
    }

    /// <summary><c>/package.Service/Method</c>.</summary>
    public string Path => _exchange.Path;

    /// <summary>Who calls.</summary>
    public RpcPeer Peer => _exchange.Peer;

    /// <summary>What the caller has sent before its first message.</summary>
    public Metadata RequestHeaders { get; }

    /// <summary>What goes out before the first message; later additions are lost.</summary>
    public Metadata ResponseHeaders { get; } = new();

    /// <summary>What goes out with the status, unless the handler throws metadata of its own.</summary>
    public Metadata ResponseTrailers { get; } = new();

    /// <summary>When the caller gives up; null if it did not say.</summary>
    public DateTimeOffset? Deadline { get; }

    internal bool HasBegun => _hasBegun;

    /// <summary>The caller's messages, for handlers that were registered without types.</summary>
    public MessageSource<T> Requests<T>(Marshaller<T> marshaller) => new(this, marshaller);

    /// <summary>The way for answers, for handlers that were registered without types.</summary>
    public MessageSink<T> Responses<T>(Marshaller<T> marshaller) => new(this, marshaller);

    /// <summary>The call as a byte stream, if its messages have one field of octets, number 1. It ends with the handler.</summary>
    public ByteMessageStream AsByteStream() => new(this);

    /// <summary>Sends the headers now, for callers that wait for them.</summary>
    /// <exception cref="OperationCanceledException">The caller is gone.</exception>
    public void SendHeaders()
    {
        try
        {
            Begin(flush: true);
        }
        catch (IOException)
        {
            throw Gone();
        }
    }

    async ValueTask<ReadOnlySequence<byte>?> ICallBody.ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _reader.ReadAsync(cancellationToken);
        }
        catch (IOException)
        {
            throw Gone();
        }
    }

    async ValueTask ICallBody.WriteAsync(ReadOnlyMemory<byte> head, ReadOnlyMemory<byte> body, CancellationToken cancellationToken) =>
        await WriteAsync(head, body, flush: true, cancellationToken);

    ValueTask ICallBody.EndWritingAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;   // the status is the end

    /// <summary>The one answer of a call that has only one; it leaves together with the status.</summary>
    internal async ValueTask WriteLastAsync(ReadOnlyMemory<byte> frame, CancellationToken cancellationToken) =>
        await WriteAsync(frame, default, flush: false, cancellationToken);

    private async ValueTask WriteAsync(
        ReadOnlyMemory<byte> head, ReadOnlyMemory<byte> body, bool flush, CancellationToken cancellationToken)
    {
        try
        {
            Begin(flush: false);
            await _exchange.WriteAsync(head, body, flush, cancellationToken);
        }
        catch (IOException)
        {
            throw Gone();
        }
    }

    private void Begin(bool flush)
    {
        if (!_hasBegun)
        {
            _hasBegun = true;
            _exchange.WriteHeaders([CallFields.ContentTypeField, CallFields.AcceptField, .. ResponseHeaders.Fields], flush);
        }
    }

    // The caller is gone, so nobody will see this; it ends the handler as its token does.
    private OperationCanceledException Gone() => new("the caller is gone", _ended);
}
