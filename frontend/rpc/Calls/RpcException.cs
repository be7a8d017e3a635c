namespace Cairn.Rpc.Calls;

/// <summary>A call that did not end well. Thrown at a caller; thrown by a handler, it becomes the answer.</summary>
public sealed class RpcException : Exception
{
    /// <summary>A failure with everything that is known of it.</summary>
    public RpcException(RpcStatus status, Metadata trailers, Exception? inner)
        : base($"{status.Code}: {status.Message}", inner)
    {
        Status = status;
        Trailers = trailers;
    }

    /// <summary>A failure without metadata.</summary>
    public RpcException(StatusCode code, string message, Exception? inner = null)
        : this(new RpcStatus(code, message), new Metadata(), inner)
    {
    }

    /// <summary>How the call ended.</summary>
    public RpcStatus Status { get; }

    /// <summary>Metadata that came, or goes, with the status.</summary>
    public Metadata Trailers { get; }
}
