using Cairn.Rpc.Calls;
using Cairn.Wire.Files;

namespace Cairn.Wire.Methods;

/// <summary>Session service: the client's directories.</summary>
public static class FileSyncMethods
{
    /// <summary>Full name of the service.</summary>
    public const string Service = "moby.filesync.v1.FileSync";

    /// <summary>Packets both ways; the server sends the files, the caller receives them.</summary>
    public static RpcMethod<FilePacket, FilePacket> DiffCopy { get; } = new($"/{Service}/DiffCopy", FilePacket.Marshaller, FilePacket.Marshaller);
}
