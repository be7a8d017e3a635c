using System.Globalization;
using System.IO.Pipelines;
using Cairn.Rpc.Hpack;
using Cairn.Rpc.Http2;

namespace Cairn.Rpc.Server;

/// <summary>One request, and the way for its answer.</summary>
/// <remarks>What writes throws <see cref="IOException"/> when the caller has given up or is gone.</remarks>
internal sealed class ServerExchange(Http2Stream stream, RpcPeer peer)
{
    private static readonly HeaderField Success = new(":status", "200");

    private readonly HeaderBlock _request = stream.Headers.Result;   // a server's stream begins with them

    public string Method => _request.Find(":method")!;

    public string Path => _request.Find(":path")!;

    /// <summary>The request's fields; repeated names are separate.</summary>
    public IReadOnlyList<HeaderField> Fields => _request.Fields;

    public RpcPeer Peer => peer;

    /// <summary>The request's body.</summary>
    public PipeReader Input => stream.Input;

    /// <summary>Calls back once when the caller has given up or is gone.</summary>
    public void OnGone(Action callback) =>
        _ = stream.Gone.ContinueWith(static (_, c) => ((Action)c!)(), callback, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);

    /// <summary>First value of a field; null if it is not there.</summary>
    public string? Find(string name) => _request.Find(name);

    /// <summary>Begins the answer. Without a flush it leaves with what is written next.</summary>
    public void WriteHeaders(IEnumerable<HeaderField> fields, bool flush) => stream.WriteHeaders([Success, .. fields], end: false, flush);

    public ValueTask WriteAsync(ReadOnlyMemory<byte> head, ReadOnlyMemory<byte> body, bool flush, CancellationToken cancellationToken) =>
        stream.WriteAsync(head, body, end: false, flush, cancellationToken);

    /// <summary>Ends an answer that has begun.</summary>
    public void Finish(IEnumerable<HeaderField> trailers)
    {
        stream.WriteHeaders([.. trailers], end: true, flush: true);
        stream.Reset(Http2ErrorCode.NoError);   // only if the request has not ended: nobody reads the rest
    }

    /// <summary>Answers with fields only.</summary>
    /// <param name="httpStatus">200 for anything that is gRPC.</param>
    /// <param name="fields">What else stands in the answer.</param>
    public void FinishAtOnce(int httpStatus, IEnumerable<HeaderField> fields) =>
        Finish([httpStatus == 200 ? Success : new HeaderField(":status", httpStatus.ToString(CultureInfo.InvariantCulture)), .. fields]);
}
