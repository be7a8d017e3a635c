namespace Cairn.Rpc.Calls;

/// <summary>How a call ended, and why.</summary>
/// <param name="Code">For programs.</param>
/// <param name="Message">For people; may be empty.</param>
/// <param name="Details">A serialised google.rpc.Status with typed details, as it travels in <c>grpc-status-details-bin</c>; mostly empty.</param>
public sealed record RpcStatus(StatusCode Code, string Message, ReadOnlyMemory<byte> Details)
{
    /// <summary>A status without details.</summary>
    public RpcStatus(StatusCode code, string message)
        : this(code, message, default)
    {
    }

    /// <summary>Success.</summary>
    public static RpcStatus Ok { get; } = new(StatusCode.Ok, "");
}
