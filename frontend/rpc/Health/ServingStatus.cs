namespace Cairn.Rpc.Health;

/// <summary>What the health service says of a service.</summary>
/// <remarks>Source: gRPC, health.proto.</remarks>
public enum ServingStatus
{
    /// <summary>Nobody has said.</summary>
    Unknown = 0,

    /// <summary>It takes calls.</summary>
    Serving = 1,

    /// <summary>It takes none.</summary>
    NotServing = 2,

    /// <summary>There is no such service; only a watch says so.</summary>
    ServiceUnknown = 3,
}
