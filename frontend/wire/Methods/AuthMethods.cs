using Cairn.Protos.FileSync;
using Cairn.Rpc.Calls;

namespace Cairn.Wire.Methods;

/// <summary>Session service: logins for registries.</summary>
public static class AuthMethods
{
    /// <summary>Full name of the service.</summary>
    public const string Service = "moby.filesync.v1.Auth";

    /// <summary>The login for a registry.</summary>
    public static RpcMethod<CredentialsRequest, CredentialsResponse> Credentials { get; } =
        ProtoMarshaller.Method($"/{Service}/Credentials", CredentialsRequest.Parser, CredentialsResponse.Parser);

    /// <summary>A token that the client gets for the daemon.</summary>
    public static RpcMethod<FetchTokenRequest, FetchTokenResponse> FetchToken { get; } =
        ProtoMarshaller.Method($"/{Service}/FetchToken", FetchTokenRequest.Parser, FetchTokenResponse.Parser);

    /// <summary>The key by which the client is known again.</summary>
    public static RpcMethod<GetTokenAuthorityRequest, GetTokenAuthorityResponse> GetTokenAuthority { get; } =
        ProtoMarshaller.Method($"/{Service}/GetTokenAuthority", GetTokenAuthorityRequest.Parser, GetTokenAuthorityResponse.Parser);

    /// <summary>Proves that the client has that key.</summary>
    public static RpcMethod<VerifyTokenAuthorityRequest, VerifyTokenAuthorityResponse> VerifyTokenAuthority { get; } =
        ProtoMarshaller.Method($"/{Service}/VerifyTokenAuthority", VerifyTokenAuthorityRequest.Parser, VerifyTokenAuthorityResponse.Parser);
}
