using Cairn.Rpc.Calls;
using Cairn.Wire.Files;

namespace Cairn.Wire.Methods;

/// <summary>Session service: results that go to the client. One method with two kinds of messages: which, the export says.</summary>
public static class FileSendMethods
{
    /// <summary>Full name of the service.</summary>
    public const string Service = "moby.filesync.v1.FileSend";

    /// <summary>Path of the one method.</summary>
    public const string Path = $"/{Service}/DiffCopy";

    /// <summary>A single file, as a byte stream of the caller.</summary>
    public static RpcMethod<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> DiffCopyFile { get; } = ProtoMarshaller.Bytes(Path);

    /// <summary>A directory: packets both ways; the caller sends the files, the server receives them.</summary>
    public static RpcMethod<FilePacket, FilePacket> DiffCopyTree { get; } = new(Path, FilePacket.Marshaller, FilePacket.Marshaller);
}
