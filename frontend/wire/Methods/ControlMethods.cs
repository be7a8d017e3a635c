using Cairn.Protos.Control;
using Cairn.Rpc.Calls;

namespace Cairn.Wire.Methods;

/// <summary>The control service of a daemon.</summary>
public static class ControlMethods
{
    /// <summary>Full name of the service.</summary>
    public const string Service = "moby.buildkit.v1.Control";

    /// <summary>What the cache holds.</summary>
    public static RpcMethod<DiskUsageRequest, DiskUsageResponse> DiskUsage { get; } =
        ProtoMarshaller.Method($"/{Service}/DiskUsage", DiskUsageRequest.Parser, DiskUsageResponse.Parser);

    /// <summary>Removes what nobody uses; answers with a stream of what went.</summary>
    public static RpcMethod<PruneRequest, UsageRecord> Prune { get; } =
        ProtoMarshaller.Method($"/{Service}/Prune", PruneRequest.Parser, UsageRecord.Parser);

    /// <summary>Builds.</summary>
    public static RpcMethod<SolveRequest, SolveResponse> Solve { get; } =
        ProtoMarshaller.Method($"/{Service}/Solve", SolveRequest.Parser, SolveResponse.Parser);

    /// <summary>A stream of what happens in a build, from its start.</summary>
    public static RpcMethod<StatusRequest, StatusResponse> Status { get; } =
        ProtoMarshaller.Method($"/{Service}/Status", StatusRequest.Parser, StatusResponse.Parser);

    /// <summary>The tunnel of a session: a byte stream in which the caller is the server.</summary>
    public static RpcMethod<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> Session { get; } = ProtoMarshaller.Bytes($"/{Service}/Session");

    /// <summary>Who does the work, and for which platforms.</summary>
    public static RpcMethod<ListWorkersRequest, ListWorkersResponse> ListWorkers { get; } =
        ProtoMarshaller.Method($"/{Service}/ListWorkers", ListWorkersRequest.Parser, ListWorkersResponse.Parser);

    /// <summary>Name and version of the daemon.</summary>
    public static RpcMethod<InfoRequest, InfoResponse> Info { get; } =
        ProtoMarshaller.Method($"/{Service}/Info", InfoRequest.Parser, InfoResponse.Parser);

    /// <summary>A stream of past and running builds.</summary>
    public static RpcMethod<BuildHistoryRequest, BuildHistoryEvent> ListenBuildHistory { get; } =
        ProtoMarshaller.Method($"/{Service}/ListenBuildHistory", BuildHistoryRequest.Parser, BuildHistoryEvent.Parser);

    /// <summary>Pins, deletes or completes a record of the history.</summary>
    public static RpcMethod<UpdateBuildHistoryRequest, UpdateBuildHistoryResponse> UpdateBuildHistory { get; } =
        ProtoMarshaller.Method($"/{Service}/UpdateBuildHistory", UpdateBuildHistoryRequest.Parser, UpdateBuildHistoryResponse.Parser);
}
