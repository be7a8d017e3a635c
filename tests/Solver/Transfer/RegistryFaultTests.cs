using System.Text;
using Cairn.Llb;
using Cairn.Llb.Credentials;
using Cairn.Solver.Registry;
using Cairn.Solver.Sessions;
using Xunit;

namespace Cairn.Solver.Tests.Transfer;

public sealed class RegistryFaultTests : IDisposable
{
    private static readonly byte[] Manifest = "{\"schemaVersion\":2}"u8.ToArray();
    private static readonly byte[] Bytes = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 20_000).Select(i => i % 10)));
    private static readonly Descriptor Blob = new(MediaTypes.OciLayer, Digest.Sha256(Bytes), Bytes.Length);
    private readonly RegistryClient _client = new(new RegistryOptions { RetryDelay = TimeSpan.FromMilliseconds(1), Retries = 3 });
    private readonly List<string> _notices = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _client.Dispose();

    [Fact]
    public async Task A_refused_connection_names_image_and_registry()
    {
        var server = new FaultyServer(_ => new(200));
        string host = server.Host;
        await server.DisposeAsync();

        BuildException e = await Assert.ThrowsAsync<BuildException>(() => Repository(host).GetManifestAsync("latest", Token));

        Assert.Equal(ErrorKind.Environment, e.Kind);
        Assert.Equal($"failed to pull image {host}/app:latest: the registry {host} refused the connection", e.Message);
    }

    [Fact]
    public async Task An_unknown_manifest_is_the_authors_error_and_has_the_registrys_words()
    {
        await using var server = new FaultyServer(_ => new(404, """{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}"""));

        BuildException e = await Assert.ThrowsAsync<BuildException>(() => Repository(server.Host).GetManifestAsync("v1", Token));

        Assert.Equal(ErrorKind.Input, e.Kind);
        Assert.Equal($"failed to pull image {server.Host}/app:v1: not found: MANIFEST_UNKNOWN: manifest unknown", e.Message);
    }

    [Fact]
    public async Task Without_a_login_401_is_told_as_such()
    {
        await using var server = new FaultyServer(_ => new(401) { Headers = { ["WWW-Authenticate"] = "Basic realm=\"x\"" } });

        BuildException e = await Assert.ThrowsAsync<ClientFaultException>(() => Repository(server.Host).GetManifestAsync("v1", Token));

        Assert.Contains("401 unauthorized", e.Message, StringComparison.Ordinal);
        Assert.Contains(server.Host, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_password_is_not_tried_for_ever()
    {
        await using var server = new FaultyServer(_ => new(401) { Headers = { ["WWW-Authenticate"] = "Basic realm=\"x\"" } });

        await Assert.ThrowsAsync<ClientFaultException>(() => Repository(server.Host, new("user", "wrong")).GetManifestAsync("v1", Token));

        Assert.Equal(2, server.Requests.Count);
    }

    [Fact]
    public async Task A_basic_login_is_remembered()
    {
        string wanted = "Basic " + Convert.ToBase64String("user:pass"u8);
        await using var server = new FaultyServer(request => request.Header("Authorization") == wanted
            ? new(200, Manifest)
            : new(401) { Headers = { ["WWW-Authenticate"] = "Basic realm=\"x\"" } });
        RegistryRepository repository = Repository(server.Host, new("user", "pass"));

        await repository.GetManifestAsync("v1", Token);
        await repository.GetManifestAsync("v1", Token);

        Assert.Equal(3, server.Requests.Count);
    }

    [Fact]
    public async Task A_token_is_fetched_once_with_the_credentials_and_the_scope()
    {
        FaultyServer? self = null;
        await using var server = new FaultyServer(request => request.Path.StartsWith("/token", StringComparison.Ordinal)
            ? new(200, """{"token":"abc","expires_in":300}""")
            : request.Header("Authorization") == "Bearer abc"
                ? new(200, Manifest)
                : new(401) { Headers = { ["WWW-Authenticate"] = $"Bearer realm=\"http://{self!.Host}/token\",service=\"the, registry\",scope=\"repository:app:pull\"" } });
        self = server;
        RegistryRepository repository = Repository(server.Host, new("user", "pass"));

        await repository.GetManifestAsync("v1", Token);
        await repository.GetManifestAsync("v1", Token);

        FaultyServer.Request token = Assert.Single(server.Requests, request => request.Path.StartsWith("/token", StringComparison.Ordinal));
        Assert.Equal("/token?account=user&scope=repository%3Aapp%3Apull&service=the%2C%20registry", token.Path);
        Assert.Equal("Basic " + Convert.ToBase64String("user:pass"u8), token.Header("Authorization"));
        Assert.Equal(4, server.Requests.Count);
    }

    [Fact]
    public async Task An_identity_token_is_exchanged_by_POST()
    {
        FaultyServer? self = null;
        await using var server = new FaultyServer(request => request.Path == "/token"
            ? new(200, """{"access_token":"abc"}""")
            : request.Header("Authorization") == "Bearer abc"
                ? new(200, Manifest)
                : new(401) { Headers = { ["WWW-Authenticate"] = $"Bearer realm=\"http://{self!.Host}/token\",service=s" } });
        self = server;

        await Repository(server.Host, new("", "identity")).GetManifestAsync("v1", Token);

        FaultyServer.Request token = Assert.Single(server.Requests, request => request.Path == "/token");
        Assert.Equal("POST", token.Method);
        Assert.Contains("grant_type=refresh_token", Encoding.ASCII.GetString(token.Body), StringComparison.Ordinal);
        Assert.Contains("refresh_token=identity", Encoding.ASCII.GetString(token.Body), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_busy_registry_is_asked_again_and_the_log_says_so()
    {
        int asked = 0;
        await using var server = new FaultyServer(_ => ++asked switch
        {
            1 => new(503),
            2 => new(429) { Headers = { ["Retry-After"] = "0" } },
            _ => new(200, Manifest),
        });

        FetchedManifest manifest = await Repository(server.Host).GetManifestAsync("v1", Token);

        Assert.Equal(Manifest, manifest.Bytes.ToArray());
        Assert.Equal(["error: " + server.Host + "/app:v1: 503 X", "retrying in 0.001s", "error: " + server.Host + "/app:v1: 429 X", "retrying in 0s"], _notices);
    }

    [Fact]
    public async Task A_registry_that_stays_busy_is_given_up_with_its_status()
    {
        await using var server = new FaultyServer(_ => new(503, "come back later"));

        BuildException e = await Assert.ThrowsAsync<BuildException>(() => Repository(server.Host).GetManifestAsync("v1", Token));

        Assert.Contains("503", e.Message, StringComparison.Ordinal);
        Assert.Contains("come back later", e.Message, StringComparison.Ordinal);
        Assert.Equal(4, server.Requests.Count);
    }

    [Fact]
    public async Task A_torn_blob_is_taken_up_where_it_broke()
    {
        int asked = 0;
        await using var server = new FaultyServer(request =>
        {
            int from = request.Header("Range") is { } range ? int.Parse(range["bytes=".Length..^1], System.Globalization.CultureInfo.InvariantCulture) : 0;
            return ++asked == 1
                ? new(200, Bytes) { BreakAfter = 7000 }
                : new(206, Bytes[from..]);
        });

        Assert.Equal(Bytes, await ReadAsync(server.Host));
        Assert.Equal("bytes=7000-", server.Requests.Last().Header("Range"));
    }

    [Fact]
    public async Task A_registry_without_ranges_still_gives_the_whole_blob()
    {
        int asked = 0;
        await using var server = new FaultyServer(_ => new(200, Bytes) { BreakAfter = ++asked == 1 ? 7000 : null });

        Assert.Equal(Bytes, await ReadAsync(server.Host));
    }

    [Fact]
    public async Task A_blob_that_is_too_short_names_itself_and_both_sizes()
    {
        await using var server = new FaultyServer(request => request.Header("Range") is null ? new(200, Bytes[..5000]) : new(416));

        BuildException e = await Assert.ThrowsAsync<BuildException>(() => ReadAsync(server.Host));

        Assert.Equal($"failed to pull blob {server.Host}/app@{Blob.Digest}: the registry's blob ends after 5000 of 20000 bytes", e.Message);
    }

    [Fact]
    public async Task A_manifest_with_another_digest_is_refused()
    {
        await using var server = new FaultyServer(_ => new(200, "{}"));
        var wanted = Digest.Sha256(Manifest);

        BuildException e = await Assert.ThrowsAsync<BuildException>(() => Repository(server.Host).GetManifestAsync(wanted.ToString(), Token));

        Assert.Contains(wanted.ToString(), e.Message, StringComparison.Ordinal);
        Assert.Contains(Digest.Sha256("{}"u8).ToString(), e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_redirect_to_another_host_does_not_carry_the_login()
    {
        await using var storage = new FaultyServer(_ => new(200, Bytes));
        await using var server = new FaultyServer(request => request.Header("Authorization") is null
            ? new(401) { Headers = { ["WWW-Authenticate"] = "Basic realm=\"x\"" } }
            : new(307) { Headers = { ["Location"] = $"http://{storage.Host}/there" } });

        Assert.Equal(Bytes, await ReadAsync(server.Host, new("user", "pass")));

        FaultyServer.Request request = Assert.Single(storage.Requests);
        Assert.Equal("/there", request.Path);
        Assert.Null(request.Header("Authorization"));
    }

    [Fact]
    public async Task Silence_ends_with_an_error_that_says_how_long()
    {
        using var patient = new RegistryClient(new RegistryOptions { SilenceTimeout = TimeSpan.FromMilliseconds(100), Retries = 0 });
        using var gate = new ManualResetEventSlim();
        await using var server = new FaultyServer(_ =>
        {
            gate.Wait(Token);
            return new(200, Manifest);
        });

        BuildException e = await Assert.ThrowsAsync<BuildException>(() =>
            patient.Repository(server.Host, "app", new RegistryAccess(FixedCredentials.None)).GetManifestAsync("v1", Token));
        gate.Set();

        Assert.Equal($"failed to pull image {server.Host}/app:v1: the registry {server.Host} was silent for 0.1 s", e.Message);
    }

    private RegistryRepository Repository(string host, RegistryCredential? credential = null) =>
        _client.Repository(host, "app", new RegistryAccess(new FixedCredentials(credential)) { Notice = _notices.Add });

    private async Task<byte[]> ReadAsync(string host, RegistryCredential? credential = null)
    {
        await using Stream stream = await Repository(host, credential).OpenBlobAsync(Blob, 0, Token);
        var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes, Token);
        return bytes.ToArray();
    }
}
