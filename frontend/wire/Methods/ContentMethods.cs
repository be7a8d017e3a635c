using Cairn.Protos.ContentStore;
using Cairn.Rpc.Calls;
using Google.Protobuf.WellKnownTypes;

namespace Cairn.Wire.Methods;

/// <summary>The content store: blobs named by digest.</summary>
public static class ContentMethods
{
    /// <summary>Full name of the service.</summary>
    public const string Service = "containerd.services.content.v1.Content";

    /// <summary>Size, times and labels of a blob.</summary>
    public static RpcMethod<InfoRequest, InfoResponse> Info { get; } =
        ProtoMarshaller.Method($"/{Service}/Info", InfoRequest.Parser, InfoResponse.Parser);

    /// <summary>Changes labels.</summary>
    public static RpcMethod<UpdateRequest, UpdateResponse> Update { get; } =
        ProtoMarshaller.Method($"/{Service}/Update", UpdateRequest.Parser, UpdateResponse.Parser);

    /// <summary>A stream of all blobs.</summary>
    public static RpcMethod<ListContentRequest, ListContentResponse> List { get; } =
        ProtoMarshaller.Method($"/{Service}/List", ListContentRequest.Parser, ListContentResponse.Parser);

    /// <summary>Removes a blob.</summary>
    public static RpcMethod<DeleteContentRequest, Empty> Delete { get; } =
        ProtoMarshaller.Method($"/{Service}/Delete", DeleteContentRequest.Parser, Empty.Parser);

    /// <summary>A stream of the bytes of a blob.</summary>
    public static RpcMethod<ReadContentRequest, ReadContentResponse> Read { get; } =
        ProtoMarshaller.Method($"/{Service}/Read", ReadContentRequest.Parser, ReadContentResponse.Parser);

    /// <summary>How far a write has come.</summary>
    public static RpcMethod<StatusRequest, StatusResponse> Status { get; } =
        ProtoMarshaller.Method($"/{Service}/Status", StatusRequest.Parser, StatusResponse.Parser);

    /// <summary>How far all writes have come.</summary>
    public static RpcMethod<ListStatusesRequest, ListStatusesResponse> ListStatuses { get; } =
        ProtoMarshaller.Method($"/{Service}/ListStatuses", ListStatusesRequest.Parser, ListStatusesResponse.Parser);

    /// <summary>Writes a blob: streams both ways.</summary>
    public static RpcMethod<WriteContentRequest, WriteContentResponse> Write { get; } =
        ProtoMarshaller.Method($"/{Service}/Write", WriteContentRequest.Parser, WriteContentResponse.Parser);

    /// <summary>Gives a write up.</summary>
    public static RpcMethod<AbortRequest, Empty> Abort { get; } = ProtoMarshaller.Method($"/{Service}/Abort", AbortRequest.Parser, Empty.Parser);
}
