using Cairn.Rpc.Calls;

namespace Cairn.Wire.Methods;

/// <summary>Session service: streams that the client has and the daemon pulls.</summary>
public static class UploadMethods
{
    /// <summary>Full name of the service.</summary>
    public const string Service = "moby.upload.v1.Upload";

    /// <summary>The stream, as a byte stream of the server.</summary>
    public static RpcMethod<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> Pull { get; } = ProtoMarshaller.Bytes($"/{Service}/Pull");
}
