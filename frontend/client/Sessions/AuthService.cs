using System.Collections.Concurrent;
using System.Security.Cryptography;
using Cairn.Llb.Credentials;
using Cairn.Protos.FileSync;
using Cairn.Rpc.Calls;
using Cairn.Rpc.Server;
using Cairn.Wire.Methods;
using Google.Protobuf;

namespace Cairn.Client.Sessions;

/// <summary>Gives the daemon logins, or tokens that it gets for them itself.</summary>
/// <remarks>Source: session.md, section 14.</remarks>
internal sealed class AuthService(Func<string, CancellationToken, Task<RegistryCredential?>> credentials, bool keepsPasswords)
{
    // One seed for each host and process: sessions of one process are the same client, two processes are not.
    private static readonly ConcurrentDictionary<string, byte[]> Seeds = new(StringComparer.Ordinal);

    public void AddTo(RpcServices services)
    {
        services.AddUnary(AuthMethods.Credentials, CredentialsAsync);
        if (keepsPasswords)
        {
            services.AddUnary(AuthMethods.GetTokenAuthority, AuthorityAsync);
            services.AddUnary(AuthMethods.VerifyTokenAuthority, VerifyAsync);
            services.AddUnary(AuthMethods.FetchToken, FetchAsync);
        }
    }

    private async Task<CredentialsResponse> CredentialsAsync(CredentialsRequest request, ServerCall call, CancellationToken cancellationToken)
    {
        RegistryCredential? found = await credentials(request.Host, cancellationToken);
        return found is null ? new CredentialsResponse() : new CredentialsResponse { Username = found.UserName, Secret = found.Secret };
    }

    private async Task<GetTokenAuthorityResponse> AuthorityAsync(GetTokenAuthorityRequest request, ServerCall call, CancellationToken cancellationToken)
    {
        byte[] seed = await SeedAsync(request.Host, request.Salt, cancellationToken);
        return new GetTokenAuthorityResponse { PublicKey = ByteString.CopyFrom(Ed25519.PublicKey(seed)) };
    }

    private async Task<VerifyTokenAuthorityResponse> VerifyAsync(VerifyTokenAuthorityRequest request, ServerCall call, CancellationToken cancellationToken)
    {
        byte[] seed = await SeedAsync(request.Host, request.Salt, cancellationToken);
        byte[] signature = Ed25519.Sign(seed, request.Payload.Span);
        return new VerifyTokenAuthorityResponse { Signed = ByteString.CopyFrom([.. signature, .. request.Payload.Span]) };
    }

    private async Task<FetchTokenResponse> FetchAsync(FetchTokenRequest request, ServerCall call, CancellationToken cancellationToken) =>
        await TokenFetcher.FetchAsync(request, await credentials(request.Host, cancellationToken), cancellationToken);

    private async Task<byte[]> SeedAsync(string host, ByteString salt, CancellationToken cancellationToken)
    {
        if (salt.Length == 0)
        {
            throw new RpcException(StatusCode.InvalidArgument, "a key is asked for without a salt");
        }

        RegistryCredential? found = await credentials(host, cancellationToken);
        byte[] secret = found is { Secret.Length: > 0 } ? Seeds.GetOrAdd(host, static _ => RandomNumberGenerator.GetBytes(Ed25519.KeySize)) : [];
        return HMACSHA256.HashData(salt.Span, secret);
    }
}
