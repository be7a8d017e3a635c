using Cairn.Protos.Secrets;
using Cairn.Rpc.Calls;

namespace Cairn.Wire.Methods;

/// <summary>Session service: secrets.</summary>
public static class SecretsMethods
{
    /// <summary>Full name of the service.</summary>
    public const string Service = "moby.buildkit.secrets.v1.Secrets";

    /// <summary>One secret.</summary>
    public static RpcMethod<GetSecretRequest, GetSecretResponse> GetSecret { get; } =
        ProtoMarshaller.Method($"/{Service}/GetSecret", GetSecretRequest.Parser, GetSecretResponse.Parser);
}
