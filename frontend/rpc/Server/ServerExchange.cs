using System.IO.Pipelines;
using Cairn.Rpc.Hpack;

namespace Cairn.Rpc.Server;

/// <summary>One request as the HTTP/2 below brings it, and the way for the answer.</summary>
internal abstract class ServerExchange
{
    public abstract string Method { get; }

    public abstract string Path { get; }

    /// <summary>The request's fields; repeated names are separate.</summary>
    public abstract IEnumerable<HeaderField> Fields { get; }

    public abstract RpcPeer Peer { get; }

    /// <summary>The request's body.</summary>
    public abstract PipeReader Input { get; }

    /// <summary>Calls back once when the caller has given up or is gone.</summary>
    public abstract void OnGone(Action callback);

    /// <summary>First value of a field; null if it is not there.</summary>
    public abstract string? Find(string name);

    /// <summary>Begins the answer. It leaves with what is written next, or with a flush.</summary>
    public abstract ValueTask WriteHeadersAsync(IEnumerable<HeaderField> fields, bool flush, CancellationToken cancellationToken);

    public abstract ValueTask WriteAsync(ReadOnlyMemory<byte> head, ReadOnlyMemory<byte> body, bool flush, CancellationToken cancellationToken);

    /// <summary>Ends an answer that has begun.</summary>
    public abstract ValueTask FinishAsync(IEnumerable<HeaderField> trailers);

    /// <summary>Answers with fields only.</summary>
    /// <param name="httpStatus">200 for anything that is gRPC.</param>
    /// <param name="fields">What else stands in the answer.</param>
    public abstract ValueTask FinishAtOnceAsync(int httpStatus, IEnumerable<HeaderField> fields);
}
