using Cairn.Protos.PolicySessions;
using Cairn.Rpc.Calls;

namespace Cairn.Wire.Methods;

/// <summary>Session service: the client's word on each source.</summary>
public static class PolicyMethods
{
    /// <summary>Full name of the service.</summary>
    public const string Service = "moby.buildkit.v1.sourcepolicy.policysession.PolicyVerifier";

    /// <summary>Whether a source may be used.</summary>
    public static RpcMethod<CheckPolicyRequest, CheckPolicyResponse> CheckPolicy { get; } =
        ProtoMarshaller.Method($"/{Service}/CheckPolicy", CheckPolicyRequest.Parser, CheckPolicyResponse.Parser);
}
