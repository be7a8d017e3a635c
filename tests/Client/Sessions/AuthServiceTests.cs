using System.Net;
using System.Security.Cryptography;
using System.Text;
using Cairn.Client.Sessions;
using Cairn.Client.Tests.Support;
using Cairn.Llb.Credentials;
using Cairn.Protos.FileSync;
using Cairn.Rpc.Calls;
using Cairn.Rpc.Client;
using Cairn.Wire.Methods;
using Google.Protobuf;
using Xunit;

namespace Cairn.Client.Tests.Sessions;

public sealed class AuthServiceTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Logins_are_given_to_a_daemon_that_may_have_them()
    {
        await using SessionTunnel tunnel = await OpenAsync(new RegistryCredential("user", "pass"), keepsPasswords: false);
        CredentialsResponse found = await tunnel.Channel.CallAsync(AuthMethods.Credentials, new CredentialsRequest { Host = "r.example" }, RpcCallOptions.None, Token);
        Assert.Equal(("user", "pass"), (found.Username, found.Secret));
        Assert.Equal(
            StatusCode.Unimplemented,
            await SessionServiceTests.CodeAsync(tunnel.Channel.CallAsync(AuthMethods.GetTokenAuthority, new GetTokenAuthorityRequest(), RpcCallOptions.None, Token)));
    }

    [Fact]
    public async Task A_client_is_known_again_by_its_signature_and_the_key_depends_on_the_salt()
    {
        byte[] salt = RandomNumberGenerator.GetBytes(32), payload = RandomNumberGenerator.GetBytes(32);
        await using SessionTunnel anonymous = await OpenAsync(null, keepsPasswords: true);
        byte[] signed = (await anonymous.Channel.CallAsync(
            AuthMethods.VerifyTokenAuthority,
            new VerifyTokenAuthorityRequest { Host = "h", Salt = ByteString.CopyFrom(salt), Payload = ByteString.CopyFrom(payload) }, RpcCallOptions.None, Token)).Signed.ToByteArray();

        // Without a login the seed is known to all: the one of the empty secret.
        byte[] seed = HMACSHA256.HashData(salt, Array.Empty<byte>());
        Assert.Equal([.. Ed25519.Sign(seed, payload), .. payload], signed);
        Assert.Equal(Ed25519.PublicKey(seed), await KeyAsync(anonymous, salt));

        // With one, it is this process's own, in every session of it.
        await using SessionTunnel first = await OpenAsync(new RegistryCredential("user", "pass"), keepsPasswords: true);
        await using SessionTunnel second = await OpenAsync(new RegistryCredential("user", "pass"), keepsPasswords: true);
        byte[] key = await KeyAsync(first, salt);
        Assert.Equal(key, await KeyAsync(second, salt));
        Assert.NotEqual(Ed25519.PublicKey(seed), key);
        Assert.NotEqual(key, await KeyAsync(first, RandomNumberGenerator.GetBytes(32)));
    }

    [Fact]
    public async Task Tokens_are_fetched_here_with_the_way_that_the_token_service_knows()
    {
        await using TokenService service = TokenService.Start();
        await using SessionTunnel tunnel = await OpenAsync(new RegistryCredential("user", "pass"), keepsPasswords: true);
        FetchTokenResponse token = await FetchAsync(tunnel, service.Realm("get"));
        Assert.Equal(("got", 300), (token.Token, token.ExpiresIn));
        Assert.Equal("GET service=reg&scope=repository%3Aa%3Apull&account=user Basic " + Convert.ToBase64String("user:pass"u8), service.Seen.Last());

        Assert.Equal("posted", (await FetchAsync(tunnel, service.Realm("post"))).Token);
        Assert.Equal("POST client_id=buildkit-client&service=reg&scope=repository%3Aa%3Apull&grant_type=password&username=user&password=pass", service.Seen.Last());

        Assert.Equal(StatusCode.Unauthenticated, await SessionServiceTests.CodeAsync(FetchAsync(tunnel, service.Realm("refuse"))));

        await using SessionTunnel identity = await OpenAsync(new RegistryCredential("", "refresh"), keepsPasswords: true);
        Assert.Equal("posted", (await FetchAsync(identity, service.Realm("post"))).Token);
        Assert.EndsWith("grant_type=refresh_token&refresh_token=refresh", service.Seen.Last(), StringComparison.Ordinal);

        await using SessionTunnel anonymous = await OpenAsync(null, keepsPasswords: true);
        Assert.Equal("got", (await FetchAsync(anonymous, service.Realm("get"))).Token);
        Assert.Equal("GET service=reg&scope=repository%3Aa%3Apull", service.Seen.Last().TrimEnd());
    }

    [Fact]
    public async Task A_login_is_not_sent_without_TLS()
    {
        await using SessionTunnel tunnel = await OpenAsync(new RegistryCredential("user", "pass"), keepsPasswords: true);
        Assert.Equal(StatusCode.FailedPrecondition, await SessionServiceTests.CodeAsync(FetchAsync(tunnel, "http://tokens.example/t")));
        Assert.Equal(StatusCode.InvalidArgument, await SessionServiceTests.CodeAsync(FetchAsync(tunnel, "file:///etc/passwd")));
    }

    private static Task<SessionTunnel> OpenAsync(RegistryCredential? credential, bool keepsPasswords) => SessionTunnel.OpenAsync(
        new SessionOptions { Credentials = (_, _) => Task.FromResult(credential), KeepsPasswords = keepsPasswords }, Token);

    private static async Task<byte[]> KeyAsync(SessionTunnel tunnel, byte[] salt) => (await tunnel.Channel.CallAsync(
        AuthMethods.GetTokenAuthority, new GetTokenAuthorityRequest { Host = "h", Salt = ByteString.CopyFrom(salt) }, RpcCallOptions.None, Token)).PublicKey.ToByteArray();

    private static Task<FetchTokenResponse> FetchAsync(SessionTunnel tunnel, string realm)
    {
        var request = new FetchTokenRequest { ClientID = "buildkit-client", Host = "h", Realm = realm, Service = "reg" };
        request.Scopes.Add("repository:a:pull");
        return tunnel.Channel.CallAsync(AuthMethods.FetchToken, request, RpcCallOptions.None, Token);
    }

    /// <summary>A token service that answers as its path says.</summary>
    private sealed class TokenService : IAsyncDisposable
    {
        private readonly HttpListener _listener;
        private readonly string _prefix;
        private readonly Task _loop;

        private TokenService(HttpListener listener, string prefix)
        {
            _listener = listener;
            _prefix = prefix;
            _loop = ServeAsync();
        }

        public List<string> Seen { get; } = [];   // read when the answer has come

        public static TokenService Start()
        {
            for (int port = Random.Shared.Next(20_000, 50_000); ; port = Random.Shared.Next(20_000, 50_000))
            {
                var listener = new HttpListener();
                string prefix = $"http://127.0.0.1:{port}/";
                listener.Prefixes.Add(prefix);
                try
                {
                    listener.Start();
                    return new TokenService(listener, prefix);
                }
                catch (HttpListenerException)
                {
                    listener.Close();   // taken
                }
            }
        }

        public string Realm(string kind) => _prefix + kind;

        public async ValueTask DisposeAsync()
        {
            _listener.Stop();
            await _loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _listener.Close();
        }

        private async Task ServeAsync()
        {
            while (_listener.IsListening)
            {
                HttpListenerContext context = await _listener.GetContextAsync();
                using var reader = new StreamReader(context.Request.InputStream);
                string body = await reader.ReadToEndAsync();
                Seen.Add(context.Request.HttpMethod == "POST"
                    ? $"POST {body}"
                    : $"GET {context.Request.Url!.Query.TrimStart('?')} {context.Request.Headers["Authorization"]}");
                bool posts = context.Request.HttpMethod == "POST";
                (int code, string answer) = context.Request.Url!.AbsolutePath switch
                {
                    "/get" => (200, """{"token":"got","expires_in":300}"""),
                    "/post" when posts => (200, """{"access_token":"posted"}"""),
                    "/post" => (405, ""),
                    _ => (403, ""),
                };
                context.Response.StatusCode = code;
                await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(answer));
                context.Response.Close();
            }
        }
    }
}
