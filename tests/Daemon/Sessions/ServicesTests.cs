using System.Text;
using Cairn.Daemon.Sessions;
using Cairn.Llb;
using Cairn.Llb.Building;
using Cairn.Llb.Credentials;
using Cairn.Protos.ContentStore;
using Cairn.Protos.FileSync;
using Cairn.Protos.Secrets;
using Cairn.Protos.SshForward;
using Cairn.Rpc.Calls;
using Cairn.Rpc.Server;
using Cairn.Solver.Sessions;
using Cairn.Wire.Headers;
using Cairn.Wire.Methods;
using Google.Protobuf;
using Xunit;

namespace Cairn.Daemon.Tests.Sessions;

/// <summary>Sections 14 to 18: what a client is asked for beside files.</summary>
public sealed class ServicesTests : IAsyncDisposable
{
    private readonly SolverBench _bench = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _bench.DisposeAsync();

    [Fact]
    public async Task A_secret_is_fetched_and_an_unknown_one_is_none()
    {
        var services = new RpcServices();
        services.AddUnary(SecretsMethods.GetSecret, (request, _, _) => request.ID == "known"
            ? Task.FromResult(new GetSecretResponse { Data = ByteString.CopyFromUtf8("value") })
            : throw new RpcException(StatusCode.NotFound, "no such secret"));
        (TestClient client, RemoteSession session) = await OpenAsync(services);
        await using TestClient closing = client;

        Assert.Equal("value"u8.ToArray(), await session.Secrets.GetAsync("known", Token));
        Assert.Null(await session.Secrets.GetAsync("unknown", Token));
    }

    [Fact]
    public async Task A_client_without_a_service_has_nothing_of_its_kind()
    {
        (TestClient client, RemoteSession session) = await OpenAsync(new RpcServices());
        await using TestClient closing = client;

        Assert.Null(await session.Secrets.GetAsync("any", Token));
        Assert.Null(await session.Credentials.GetAsync("registry", Token));
        Assert.Null(await session.Credentials.FetchTokenAsync(new TokenRequest("registry", "https://realm", "", []), Token));
        Assert.False(await session.Ssh.HasAsync("default", Token));
        await Assert.ThrowsAnyAsync<BuildException>(() => _bench.BuildAsync(State.Http("http://buildkit-session/any"), session, Token));
        Assert.Null(await session.Layouts.Find("any")!.SizeAsync(Digest.Sha256([]), Token));
        BuildException e = await Assert.ThrowsAsync<BuildException>(() =>
            session.Exports.WriteFileAsync(0, new Dictionary<string, string>(), static (_, _) => Task.CompletedTask, Token));
        Assert.Equal("method /moby.filesync.v1.FileSend/diffcopy not supported by the client", e.Message);
    }

    [Fact]
    public async Task Calls_to_a_session_that_is_over_tell_why_it_is()
    {
        (TestClient client, RemoteSession session) = await OpenAsync(new RpcServices());
        await client.DisposeAsync();

        ClientFaultException e = await Assert.ThrowsAsync<ClientFaultException>(() => session.Secrets.GetAsync("any", Token));

        Assert.StartsWith($"failed to get secret any: the session {session.Id} of the client has ended: ", e.Message, StringComparison.Ordinal);
        Assert.Same(session, e.Session);
    }

    [Fact]
    public async Task A_call_that_is_under_way_fails_with_the_end_of_the_session()
    {
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var services = new RpcServices();
        services.AddUnary(SecretsMethods.GetSecret, async (_, _, token) =>
        {
            asked.SetResult();
            await Task.Delay(Timeout.Infinite, token);
            return new GetSecretResponse();
        });
        (TestClient client, RemoteSession session) = await OpenAsync(services);
        await using TestClient closing = client;
        Task<byte[]?> asking = session.Secrets.GetAsync("any", Token);
        await asked.Task;

        await client.VanishAsync();

        ClientFaultException e = await Assert.ThrowsAsync<ClientFaultException>(() => asking);
        Assert.Contains("of the client has ended: ", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Logins_are_asked_for_by_the_host_of_the_request()
    {
        string? host = null;
        var services = new RpcServices();
        services.AddUnary(AuthMethods.Credentials, (request, _, _) =>
        {
            host = request.Host;
            return Task.FromResult(new CredentialsResponse { Username = "", Secret = "refresh" });
        });
        (TestClient client, RemoteSession session) = await OpenAsync(services);
        await using TestClient closing = client;

        Assert.Equal(new RegistryCredential("", "refresh"), await session.Credentials.GetAsync("docker.io", Token));
        Assert.Equal("registry-1.docker.io", host);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_client_with_a_key_fetches_tokens_itself(bool hasKey)
    {
        FetchTokenRequest? wish = null;
        int salt = 0;
        var services = new RpcServices();
        services.AddUnary(AuthMethods.GetTokenAuthority, (request, _, _) =>
        {
            salt = request.Salt.Length;
            return hasKey
                ? Task.FromResult(new GetTokenAuthorityResponse { PublicKey = ByteString.CopyFrom(new byte[32]) })
                : throw new RpcException(StatusCode.Unavailable, "tokens are not fetched here");
        });
        services.AddUnary(AuthMethods.FetchToken, (request, _, _) =>
        {
            wish = request;
            return Task.FromResult(new FetchTokenResponse { Token = "secret", IssuedAt = 1_000_000_000 });
        });
        (TestClient client, RemoteSession session) = await OpenAsync(services);
        await using TestClient closing = client;

        RegistryToken? token = await session.Credentials.FetchTokenAsync(
            new TokenRequest("registry", "https://realm", "service", ["repository:a:pull"]), Token);

        Assert.Equal(32, salt);
        Assert.Equal(hasKey ? new RegistryToken("secret", TimeSpan.FromSeconds(60), DateTimeOffset.FromUnixTimeSeconds(1_000_000_000)) : null, token);
        Assert.Equal(
            hasKey ? new FetchTokenRequest { ClientID = "buildkit-client", Host = "registry", Realm = "https://realm", Service = "service", Scopes = { "repository:a:pull" } } : null,
            wish);
    }

    [Fact]
    public async Task An_agent_is_checked_and_its_connections_pass_bytes_both_ways()
    {
        string? id = null;
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var services = new RpcServices();
        services.AddUnary(SshMethods.CheckAgent, (request, _, _) => request.ID == "default"
            ? Task.FromResult(new CheckAgentResponse())
            : throw new RpcException(StatusCode.Unknown, "unset ssh forward key"));
        services.Add(SshMethods.ForwardAgent.Path, async (call, token) =>
        {
            id = call.RequestHeaders.Find(HeaderNames.SshId);
            using ByteMessageStream stream = call.AsByteStream();
            byte[] buffer = new byte[1000];
            for (int read; (read = await stream.ReadAsync(buffer, token)) > 0;)
            {
                await stream.WriteAsync(buffer.AsMemory(0, read), token);
            }

            ended.SetResult();
        });
        (TestClient client, RemoteSession session) = await OpenAsync(services);
        await using TestClient closing = client;

        Assert.True(await session.Ssh.HasAsync("default", Token));
        Assert.False(await session.Ssh.HasAsync("other", Token));
        await using (Stream agent = await session.Ssh.ConnectAsync("default", Token))
        {
            byte[] sent = new byte[100_000];
            new Random(1).NextBytes(sent);
            byte[] came = new byte[sent.Length];
            Task reading = agent.ReadExactlyAsync(came, Token).AsTask();
            await agent.WriteAsync(sent, Token);
            await reading;
            Assert.Equal(sent, came);
            Assert.Equal("default", id);
        }
    }

    [Fact]
    public async Task An_upload_is_a_source_by_its_address()
    {
        var services = new RpcServices();
        var addresses = new List<string>();
        services.Add(UploadMethods.Pull.Path, async (call, token) =>
        {
            addresses.Add(call.RequestHeaders.Find(HeaderNames.UploadHost) + call.RequestHeaders.Find(HeaderNames.UploadPath));
            await using ByteMessageStream stream = call.AsByteStream();
            await stream.WriteAsync(Encoding.UTF8.GetBytes(new string('x', 300_000)), token);
            await stream.WriteAsync("end"u8.ToArray(), token);
        });
        (TestClient client, RemoteSession session) = await OpenAsync(services);
        await using TestClient closing = client;

        string result = await _bench.BuildAsync(
            State.Http("http://buildkit-session/abc", new HttpOptions { File = new FetchedFile { Name = "context" } }), session, Token);

        Assert.Equal(["buildkit-session/abc"], addresses);   // each can be read once
        Assert.Equal(new string('x', 300_000) + "end", await File.ReadAllTextAsync(Path.Combine(result, "context"), Token));
    }

    [Fact]
    public async Task Blobs_of_a_layout_are_read_in_the_store_of_its_name()
    {
        byte[] blob = Encoding.UTF8.GetBytes(new string('b', 100_000));
        Digest digest = Digest.Sha256(blob);
        var services = new RpcServices();
        services.AddUnary(ContentMethods.Info, (request, call, _) =>
            call.RequestHeaders.Find(HeaderNames.StoreId) == "oci:base" && request.Digest == digest.ToString()
                ? Task.FromResult(new InfoResponse { Info = new Info { Digest = request.Digest, Size = blob.Length } })
                : throw new RpcException(StatusCode.NotFound, "no such store or blob"));
        services.AddServerStream(ContentMethods.Read, async (request, answers, _, token) =>
        {
            for (int at = (int)request.Offset; at < blob.Length; at += 30_000)
            {
                int length = Math.Min(30_000, blob.Length - at);
                await answers.WriteAsync(new ReadContentResponse { Offset = at - request.Offset, Data = ByteString.CopyFrom(blob, at, length) }, token);
            }
        });
        (TestClient client, RemoteSession session) = await OpenAsync(services);
        await using TestClient closing = client;
        IOciLayout layout = session.Layouts.Find("base")!;

        Assert.Equal(100_000, await layout.SizeAsync(digest, Token));
        Assert.Null(await layout.SizeAsync(Digest.Sha256([]), Token));
        Assert.Null(await session.Layouts.Find("other")!.SizeAsync(digest, Token));
        await using Stream stream = await layout.OpenAsync(digest, 10, Token);
        var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes, Token);
        Assert.Equal(blob[10..], bytes.ToArray());
    }

    private async Task<(TestClient Client, RemoteSession Session)> OpenAsync(RpcServices services)
    {
        TestClient client = await _bench.Sessions.OpenAsync(services, Token);
        return (client, await _bench.Sessions.FindAsync(client, Token));
    }
}
