using System.Globalization;
using System.IO.Pipelines;
using Cairn.Rpc.Hpack;
using Cairn.Rpc.Http2;

namespace Cairn.Rpc.Server;

/// <summary>A request on a connection of our own.</summary>
internal sealed class StreamExchange(Http2Stream stream, RpcPeer peer) : ServerExchange
{
    private static readonly HeaderField Success = new(":status", "200");

    private readonly HeaderBlock _request = stream.Headers.Result;   // a server's stream begins with them

    public override string Method => _request.Find(":method")!;

    public override string Path => _request.Find(":path")!;

    public override IEnumerable<HeaderField> Fields => _request.Fields;

    public override RpcPeer Peer => peer;

    public override PipeReader Input => stream.Input;

    public override void OnGone(Action callback) =>
        _ = stream.Gone.ContinueWith(static (_, c) => ((Action)c!)(), callback, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);

    public override string? Find(string name) => _request.Find(name);

    public override ValueTask WriteHeadersAsync(IEnumerable<HeaderField> fields, bool flush, CancellationToken cancellationToken)
    {
        stream.WriteHeaders([Success, .. fields], end: false, flush);
        return ValueTask.CompletedTask;
    }

    public override ValueTask WriteAsync(
        ReadOnlyMemory<byte> head, ReadOnlyMemory<byte> body, bool flush, CancellationToken cancellationToken) =>
        stream.WriteAsync(head, body, end: false, flush, cancellationToken);

    public override ValueTask FinishAsync(IEnumerable<HeaderField> trailers)
    {
        stream.WriteHeaders([.. trailers], end: true, flush: true);
        stream.Reset(Http2ErrorCode.NoError);   // only if the request has not ended: nobody reads the rest
        return ValueTask.CompletedTask;
    }

    public override ValueTask FinishAtOnceAsync(int httpStatus, IEnumerable<HeaderField> fields) =>
        FinishAsync([httpStatus == 200 ? Success : new HeaderField(":status", httpStatus.ToString(CultureInfo.InvariantCulture)), .. fields]);
}
