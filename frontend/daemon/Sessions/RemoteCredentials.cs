using Cairn.Llb.Credentials;
using Cairn.Protos.FileSync;
using Cairn.Rpc.Calls;
using Cairn.Rpc.Client;
using Cairn.Solver.Sessions;
using Cairn.Wire.Methods;
using Google.Protobuf;

namespace Cairn.Daemon.Sessions;

/// <summary>Logins of a client, or the tokens that it fetches itself.</summary>
/// <remarks>
/// Source: session.md, section 14. What was got with one session never serves another, so no client has to prove again who it is.
/// </remarks>
internal sealed class RemoteCredentials(RemoteSession session, byte[] salt, TimeProvider clock) : IRegistryCredentials
{
    private const string ClientId = "buildkit-client";
    private const string HubName = "docker.io";
    private const string HubHost = "registry-1.docker.io";
    private static readonly TimeSpan UsualLifetime = TimeSpan.FromSeconds(60);
    private static readonly RpcCallOptions Limits = new() { Timeout = TimeSpan.FromSeconds(60) };

    public async Task<RegistryCredential?> GetAsync(string host, CancellationToken cancellationToken)
    {
        try
        {
            CredentialsResponse answer = await session.CallAsync(
                AuthMethods.Credentials, new CredentialsRequest { Host = host == HubName ? HubHost : host }, Limits, cancellationToken);
            return answer.Username.Length + answer.Secret.Length > 0 ? new RegistryCredential(answer.Username, answer.Secret) : null;
        }
        catch (RpcException e) when (e.Status.Code == StatusCode.Unimplemented)
        {
            return null;
        }
        catch (RpcException e)
        {
            throw await session.FaultAsync(e, "get login for registry", host);
        }
    }

    public async Task<RegistryToken?> FetchTokenAsync(TokenRequest request, CancellationToken cancellationToken)
    {
        try
        {
            if (!await FetchesItselfAsync(request.Host, cancellationToken))
            {
                return null;
            }

            var wish = new FetchTokenRequest { ClientID = ClientId, Host = request.Host, Realm = request.Realm, Service = request.Service };
            wish.Scopes.Add(request.Scopes);
            FetchTokenResponse answer = await session.CallAsync(AuthMethods.FetchToken, wish, Limits, cancellationToken);
            return new RegistryToken(
                answer.Token,
                answer.ExpiresIn > 0 ? TimeSpan.FromSeconds(Math.Min(answer.ExpiresIn, int.MaxValue)) : UsualLifetime,
                answer.IssuedAt > 0 ? DateTimeOffset.UnixEpoch.AddSeconds(Math.Min(answer.IssuedAt, uint.MaxValue)) : clock.GetUtcNow());
        }
        catch (RpcException e)
        {
            throw await session.FaultAsync(e, "log in to registry", request.Host);
        }
    }

    // A client with a key of its own gets tokens itself, and its logins never leave it.
    private async Task<bool> FetchesItselfAsync(string host, CancellationToken cancellationToken)
    {
        try
        {
            GetTokenAuthorityResponse answer = await session.CallAsync(
                AuthMethods.GetTokenAuthority,
                new GetTokenAuthorityRequest { Host = host, Salt = UnsafeByteOperations.UnsafeWrap(salt) },
                Limits,
                cancellationToken);
            return !answer.PublicKey.IsEmpty;
        }
        catch (RpcException e) when (e.Status.Code is StatusCode.Unimplemented or StatusCode.Unavailable && !session.IsLost(e))
        {
            return false;
        }
    }
}
