using Cairn.Rpc.Calls;

namespace Cairn.Rpc.Client;

/// <summary>What one call carries beside its messages.</summary>
public sealed record RpcCallOptions
{
    /// <summary>Nothing.</summary>
    public static RpcCallOptions None { get; } = new();

    /// <summary>Sent before the first message.</summary>
    public Metadata? Headers { get; init; }

    /// <summary>Time from now until the whole call must have ended, told to the server; null means any.</summary>
    public TimeSpan? Timeout { get; init; }
}
