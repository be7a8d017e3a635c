using System.Net.Sockets;
using System.Text;
using Cairn.Client.Sessions;
using Cairn.Client.Tests.Support;
using Cairn.Protos.Exporters;
using Cairn.Protos.PolicySessions;
using Cairn.Protos.Secrets;
using Cairn.Protos.SourcePolicies;
using Cairn.Protos.SshForward;
using Cairn.Rpc.Calls;
using Cairn.Rpc.Client;
using Cairn.Rpc.Health;
using Cairn.Wire.Files;
using Cairn.Wire.Headers;
using Cairn.Wire.Methods;
using Xunit;

namespace Cairn.Client.Tests.Sessions;

public sealed class SessionServiceTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_session_says_what_it_serves_and_nothing_else()
    {
        var options = new SessionOptions
        {
            SharedKey = "key", Secrets = (_, _) => Task.FromResult<byte[]?>(null), Directories = new Dictionary<string, LocalDirectory> { ["a"] = new(_directory.Path) },
        };
        await using SessionTunnel tunnel = await SessionTunnel.OpenAsync(options, Token);
        Assert.Equal((options.Id, "key"), (tunnel.Headers.Id, tunnel.Headers.SharedKey));
        Assert.Matches("^[0-9a-z]{25}$", options.Id);
        Assert.Equal(
            ["/grpc.health.v1.health/check", "/grpc.health.v1.health/watch", "/moby.buildkit.secrets.v1.secrets/getsecret", "/moby.filesync.v1.filesync/diffcopy"],
            tunnel.Headers.Methods.Order(StringComparer.Ordinal));
        Assert.Equal(ServingStatus.Serving, await tunnel.Channel.CallAsync(HealthMethods.Check, "", RpcCallOptions.None, Token));
        Assert.Equal(StatusCode.Unimplemented, await CodeAsync(tunnel.Channel.CallAsync(AuthMethods.Credentials, new(), RpcCallOptions.None, Token)));
    }

    [Fact]
    public async Task Closing_a_session_ends_it_at_the_daemon_and_the_client_waits_for_that()
    {
        SessionTunnel tunnel = await SessionTunnel.OpenAsync(new SessionOptions(), Token);
        await tunnel.Session.DisposeAsync();
        await tunnel.Returned.WaitAsync(TimeSpan.FromMinutes(1), Token);
        await tunnel.DisposeAsync();
    }

    [Fact]
    public async Task A_directory_is_sent_as_its_filters_say_whatever_their_letters()
    {
        _directory.Write("src/ä.txt", "1");
        _directory.Write("src/b.txt", "2");
        _directory.Write("src/deep/c,d.txt", "3");
        _directory.Write("other/e.txt", "4");
        await using SessionTunnel tunnel = await SessionTunnel.OpenAsync(
            new SessionOptions { Directories = new Dictionary<string, LocalDirectory> { ["context"] = new(_directory.Path) } }, Token);

        Assert.Equal(["src", "src/b.txt", "src/deep", "src/deep/c,d.txt"], await ListAsync(tunnel, "context", include: ["src"], exclude: ["**/ä.txt"]));
        Assert.Equal(["src", "src/b.txt", "src/ä.txt"], await ListAsync(tunnel, "context", include: ["src"], exclude: ["src/deep/c,d.txt", "src/deep"]));

        RpcException refused = await Assert.ThrowsAsync<RpcException>(() => ListAsync(tunnel, "nope", [], []));
        Assert.Equal((StatusCode.NotFound, "no access allowed to dir \"nope\""), (refused.Status.Code, refused.Status.Message));
    }

    [Fact]
    public async Task Secrets_are_given_by_id_up_to_their_limit()
    {
        var values = new Dictionary<string, byte[]> { ["a"] = [1, 2, 3], ["large"] = new byte[500 * 1024], ["too large"] = new byte[(500 * 1024) + 1] };
        await using SessionTunnel tunnel = await SessionTunnel.OpenAsync(
            new SessionOptions { Secrets = (id, _) => Task.FromResult(values.GetValueOrDefault(id)) }, Token);
        Task<GetSecretResponse> Get(string id) => tunnel.Channel.CallAsync(SecretsMethods.GetSecret, new GetSecretRequest { ID = id }, RpcCallOptions.None, Token);

        Assert.Equal([1, 2, 3], (await Get("a")).Data.ToByteArray());
        Assert.Equal(500 * 1024, (await Get("large")).Data.Length);
        Assert.Equal(StatusCode.InvalidArgument, await CodeAsync(Get("too large")));
        Assert.Equal(StatusCode.NotFound, await CodeAsync(Get("b")));
    }

    [Fact]
    public async Task A_connection_to_an_agent_carries_bytes_both_ways_until_either_end_closes_it()
    {
        string path = _directory["agent.sock"];
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen(4);
        Task agent = EchoAsync(listener);
        await using SessionTunnel tunnel = await SessionTunnel.OpenAsync(
            new SessionOptions { SshAgents = new Dictionary<string, string> { ["default"] = path, ["gone"] = _directory["none.sock"] } }, Token);
        await tunnel.Channel.CallAsync(SshMethods.CheckAgent, new CheckAgentRequest(), RpcCallOptions.None, Token);
        Assert.Equal(
            StatusCode.NotFound, await CodeAsync(tunnel.Channel.CallAsync(SshMethods.CheckAgent, new CheckAgentRequest { ID = "x" }, RpcCallOptions.None, Token)));

        await using ClientCall<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> call = await tunnel.Channel.BeginAsync(
            SshMethods.ForwardAgent, new RpcCallOptions { Headers = new Metadata { { HeaderNames.SshId, "default" } } }, Token);
        await using Stream stream = call.AsByteStream();
        await stream.WriteAsync("hello"u8.ToArray(), Token);
        byte[] back = new byte[5];
        await stream.ReadExactlyAsync(back, Token);
        Assert.Equal("hello", Encoding.UTF8.GetString(back));
        await stream.DisposeAsync();   // half-closes; the agent ends, and so does the call
        await agent.WaitAsync(TimeSpan.FromMinutes(1), Token);

        await using ClientCall<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> gone = await tunnel.Channel.BeginAsync(
            SshMethods.ForwardAgent, new RpcCallOptions { Headers = new Metadata { { HeaderNames.SshId, "gone" } } }, Token);
        await gone.Requests.CompleteAsync(Token);
        RpcException unreachable = await Assert.ThrowsAsync<RpcException>(async () => await gone.Responses.MoveNextAsync(Token));
        Assert.Equal(StatusCode.Unavailable, unreachable.Status.Code);
    }

    [Fact]
    public async Task An_upload_is_given_once()
    {
        byte[] content = new byte[300_000];
        new Random(3).NextBytes(content);
        await using SessionTunnel tunnel = await SessionTunnel.OpenAsync(
            new SessionOptions { Uploads = new Dictionary<string, Func<Stream>> { ["ctx"] = () => new MemoryStream(content) } }, Token);
        Assert.Equal(content, await PullAsync(tunnel, "/ctx"));
        IOException again = await Assert.ThrowsAsync<IOException>(() => PullAsync(tunnel, "/ctx"));
        Assert.Equal(StatusCode.NotFound, Assert.IsType<RpcException>(again.InnerException).Status.Code);
    }

    [Fact]
    public async Task The_callers_own_functions_are_asked()
    {
        string? told = null;
        await using SessionTunnel tunnel = await SessionTunnel.OpenAsync(
            new SessionOptions
            {
                FindExporters = (request, _) =>
                {
                    var response = new FindExportersResponse();
                    response.Exporters.Add(new ExporterRequest { Type = "oci" + request.Refs.Count });
                    return Task.FromResult(response);
                },
                FinalizeExport = (request, _) =>
                {
                    told = request.ExporterResponse["a"];
                    return Task.CompletedTask;
                },
                CheckPolicy = (_, _) => Task.FromResult(new CheckPolicyResponse { Decision = new DecisionResponse { Action = PolicyAction.Deny } }),
            },
            Token);
        var find = new FindExportersRequest();
        find.Refs.Add("r");
        Assert.Equal("oci1", Assert.Single((await tunnel.Channel.CallAsync(ExporterMethods.FindExporters, find, RpcCallOptions.None, Token)).Exporters).Type);
        var finish = new FinalizeExportRequest();
        finish.ExporterResponse["a"] = "b";
        await tunnel.Channel.CallAsync(ExporterMethods.FinalizeExport, finish, RpcCallOptions.None, Token);
        Assert.Equal("b", told);
        Assert.Equal(
            PolicyAction.Deny,
            (await tunnel.Channel.CallAsync(PolicyMethods.CheckPolicy, new CheckPolicyRequest(), RpcCallOptions.None, Token)).Decision.Action);
    }

    internal static async Task<StatusCode> CodeAsync<T>(Task<T> call) => (await Assert.ThrowsAsync<RpcException>(() => call)).Status.Code;

    private static async Task<byte[]> PullAsync(SessionTunnel tunnel, string path)
    {
        await using ClientCall<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> call = await tunnel.Channel.BeginAsync(
            UploadMethods.Pull,
            new RpcCallOptions { Headers = new Metadata { { HeaderNames.UploadPath, path }, { HeaderNames.UploadHost, "buildkit-session" } } }, Token);
        await call.Requests.CompleteAsync(Token);
        using var all = new MemoryStream();
        await call.AsByteStream().CopyToAsync(all, Token);
        return all.ToArray();
    }

    private static async Task<List<string>> ListAsync(SessionTunnel tunnel, string name, string[] include, string[] exclude)
    {
        var headers = new Metadata();
        TextHeaders.AddTo(headers, HeaderNames.DirectoryName, [name]);
        TextHeaders.AddTo(headers, HeaderNames.IncludePatterns, include);
        TextHeaders.AddTo(headers, HeaderNames.ExcludePatterns, exclude);
        await using ClientCall<FilePacket, FilePacket> call = await tunnel.Channel.BeginAsync(
            FileSyncMethods.DiffCopy, new RpcCallOptions { Headers = headers }, Token);
        await using PacketReceiver receiver = PacketReceiver.Begin(call.Responses, call.Requests, name, Token);
        List<string> paths = await receiver.ReadEntriesAsync(Token).Select(e => e.Entry.Path).ToListAsync(Token);
        await receiver.FinishAsync();
        return paths;
    }

    private static async Task EchoAsync(Socket listener)
    {
        using Socket peer = await listener.AcceptAsync(Token);
        await using var stream = new NetworkStream(peer, ownsSocket: false);
        await stream.CopyToAsync(stream, Token);
    }
}
