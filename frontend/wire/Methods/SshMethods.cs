using Cairn.Protos.SshForward;
using Cairn.Rpc.Calls;

namespace Cairn.Wire.Methods;

/// <summary>Session service: SSH agents.</summary>
public static class SshMethods
{
    /// <summary>Full name of the service.</summary>
    public const string Service = "moby.sshforward.v1.SSH";

    /// <summary>Whether there is such an agent.</summary>
    public static RpcMethod<CheckAgentRequest, CheckAgentResponse> CheckAgent { get; } =
        ProtoMarshaller.Method($"/{Service}/CheckAgent", CheckAgentRequest.Parser, CheckAgentResponse.Parser);

    /// <summary>A connection to an agent, as a byte stream.</summary>
    public static RpcMethod<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> ForwardAgent { get; } = ProtoMarshaller.Bytes($"/{Service}/ForwardAgent");
}
