using Cairn.Daemon.Sessions;
using Cairn.Rpc.Calls;
using Cairn.Rpc.Client;
using Cairn.Rpc.Server;
using Cairn.Solver.Sessions;
using Cairn.Wire.Headers;
using Cairn.Wire.Methods;
using Xunit;

namespace Cairn.Daemon.Tests.Sessions;

/// <summary>Sections 2 to 5: how sessions come, are found, and end.</summary>
public sealed class RegistryTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(50);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_session_is_found_by_its_id_and_with_a_prefix()
    {
        await using var bench = new SessionBench();
        await using TestClient client = await bench.OpenAsync(null, Token, sharedKey: "shared");

        RemoteSession session = await bench.FindAsync(client, Token);

        Assert.Equal(client.Id, session.Id);
        Assert.Equal("shared", session.SharedKey);
        Assert.Same(session, bench.Registry.TryFind(client.Id));
        Assert.Same(session, bench.Registry.TryFind("context:" + client.Id));
        Assert.Null(bench.Registry.TryFind(client.Id + ":"));   // nothing follows the colon, so it is part of the id
    }

    [Fact]
    public async Task A_look_up_waits_for_the_session()
    {
        await using var bench = new SessionBench();
        Task<ISession> found = bench.Registry.FindAsync("later", null, Token);
        Assert.False(found.IsCompleted);

        await using TestClient client = await bench.OpenAsync(null, Token, id: "later");

        Assert.Equal("later", (await found).Id);
    }

    [Fact]
    public async Task A_look_up_ends_with_its_limit_and_with_its_token()
    {
        await using var bench = new SessionBench();

        ClientFaultException late = await Assert.ThrowsAsync<ClientFaultException>(() => bench.Registry.FindAsync("p:nobody", Soon, Token));
        Assert.Equal("no active session for nobody: context deadline exceeded", late.Message);
        Assert.Null(await bench.Registry.TryFindAsync("nobody", Soon, Token));

        using var stop = new CancellationTokenSource();
        Task<ISession> waiting = bench.Registry.FindAsync("nobody", null, stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    [Fact]
    public async Task A_session_without_an_id_is_refused()
    {
        await using var bench = new SessionBench();
        await using RpcChannel channel = await bench.ConnectAsync(Token);
        await using var call = await channel.BeginAsync(ControlMethods.Session, RpcCallOptions.None, Token);

        RpcException e = await Assert.ThrowsAsync<RpcException>(() => call.Responses.MoveNextAsync(Token).AsTask());

        Assert.Equal(StatusCode.InvalidArgument, e.Status.Code);
        Assert.Contains(HeaderNames.SessionId, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_half_close_ends_the_session_and_the_call_ends_well()
    {
        await using var bench = new SessionBench();
        await using RpcChannel channel = await bench.ConnectAsync(Token);
        Metadata headers = new SessionHeaders("closing", "", new HashSet<string>(), null).ToMetadata([]);
        await using var call = await channel.BeginAsync(ControlMethods.Session, new RpcCallOptions { Headers = headers }, Token);
        await using ByteMessageStream tunnel = call.AsByteStream();
        Assert.True(await tunnel.ReadAsync(new byte[24], Token) > 0);   // the daemon speaks first
        var session = (RemoteSession)await bench.Registry.FindAsync("closing", null, Token);

        await tunnel.DisposeAsync();

        var rest = new MemoryStream();
        await tunnel.CopyToAsync(rest, Token);   // to the daemon's end of stream, with the status OK
        Assert.Null(bench.Registry.TryFind("closing"));
        Assert.Equal("the client has closed it", session.Cause);
    }

    [Fact]
    public async Task A_client_that_vanishes_is_forgotten()
    {
        await using var bench = new SessionBench();
        await using TestClient client = await bench.OpenAsync(null, Token);
        RemoteSession session = await bench.FindAsync(client, Token);

        await client.VanishAsync();

        await EndOf(session);
        await Until(() => bench.Registry.Ids.Count == 0);
    }

    [Fact]
    public async Task A_new_session_of_the_same_id_takes_the_place_of_the_old_one()
    {
        await using var bench = new SessionBench();
        await using TestClient old = await bench.OpenAsync(null, Token, id: "same", sharedKey: "old");
        RemoteSession before = await bench.FindAsync(old, Token);
        await using TestClient client = await bench.OpenAsync(null, Token, id: "same", sharedKey: "new");
        await Until(() => bench.Registry.TryFind("same") is RemoteSession { SharedKey: "new" });

        await old.CloseAsync();
        await EndOf(before);

        Assert.Equal("new", Assert.IsType<RemoteSession>(bench.Registry.TryFind("same")).SharedKey);
    }

    [Fact]
    public async Task Methods_are_compared_without_regard_to_case()
    {
        await using var bench = new SessionBench();
        var services = new RpcServices();
        services.Add("/Moby.FileSync.v1.FileSync/DIFFCOPY", static (_, _) => Task.CompletedTask);
        services.Add("/some.Service/Other", static (_, _) => Task.CompletedTask);
        await using TestClient client = await bench.OpenAsync(services, Token);

        RemoteSession session = await bench.FindAsync(client, Token);

        Assert.True(session.Serves(FileSyncMethods.DiffCopy.Path));
        Assert.True(session.Serves("/some.service/other"));
        Assert.False(session.Serves(FileSendMethods.Path));
    }

    [Fact]
    public async Task A_client_that_does_not_answer_health_checks_loses_its_session()
    {
        await using var bench = new SessionBench(new SessionOptions { HealthInterval = Soon, HealthTimeout = Soon });
        await using TestClient client = await bench.OpenAsync(null, Token, answersHealth: false);

        RemoteSession session = await bench.FindAsync(client, Token);

        Assert.Equal("session healthcheck failed fatally", await EndOf(session));
        await client.Ended.WaitAsync(TimeSpan.FromSeconds(60), Token);
        await Until(() => bench.Registry.Ids.Count == 0);
    }

    [Fact]
    public async Task A_client_that_asks_for_its_own_times_is_given_up_after_one_failure()
    {
        await using var bench = new SessionBench(new SessionOptions { HealthInterval = TimeSpan.FromHours(1), HealthTimeout = TimeSpan.FromHours(1) });
        var asked = 0;
        var services = new RpcServices();
        services.Add("/grpc.health.v1.Health/Check", async (_, token) =>
        {
            Interlocked.Increment(ref asked);
            await Task.Delay(Timeout.Infinite, token);
        });
        await using TestClient client = await bench.OpenAsync(services, Token, health: Soon, answersHealth: false);

        RemoteSession session = await bench.FindAsync(client, Token);

        Assert.Equal("session healthcheck failed fatally", await EndOf(session));
        Assert.Equal(1, asked);
    }

    [Fact]
    public async Task A_client_that_answers_keeps_its_session()
    {
        await using var bench = new SessionBench(new SessionOptions { HealthInterval = Soon, HealthTimeout = TimeSpan.FromMinutes(1) });
        int asked = 0;
        var enough = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var services = new RpcServices();
        services.AddUnary(Rpc.Health.HealthMethods.Check, (_, _, _) =>
        {
            if (Interlocked.Increment(ref asked) == 5)
            {
                enough.SetResult();
            }

            return Task.FromResult(Rpc.Health.ServingStatus.Serving);
        });
        await using TestClient client = await bench.OpenAsync(services, Token);
        RemoteSession session = await bench.FindAsync(client, Token);

        await enough.Task.WaitAsync(TimeSpan.FromSeconds(60), Token);

        Assert.Null(session.Cause);
    }

    [Fact]
    public async Task A_daemon_that_shuts_down_ends_its_sessions()
    {
        await using var bench = new SessionBench();
        await using TestClient client = await bench.OpenAsync(null, Token);
        RemoteSession session = await bench.FindAsync(client, Token);

        await bench.Registry.DisposeAsync();

        Assert.Equal("the daemon is shutting down", session.Cause);
        await client.Ended.WaitAsync(TimeSpan.FromSeconds(60), Token);
    }

    [Fact]
    public async Task Two_hundred_sessions_are_served_at_once()
    {
        await using var bench = new SessionBench();
        int calls = 0;
        var services = new RpcServices();
        services.AddUnary(SecretsMethods.GetSecret, (request, _, _) =>
        {
            Interlocked.Increment(ref calls);
            return Task.FromResult(new Protos.Secrets.GetSecretResponse { Data = Google.Protobuf.ByteString.CopyFromUtf8(request.ID) });
        });
        new Rpc.Health.HealthService().AddTo(services);
        TestClient[] clients = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => bench.OpenAsync(services, Token)));

        byte[]?[] answers = await Task.WhenAll(clients.Select(async client =>
            await (await bench.FindAsync(client, Token)).Secrets.GetAsync(client.Id, Token)));

        Assert.Equal(clients.Select(client => client.Id), answers.Select(answer => System.Text.Encoding.UTF8.GetString(answer!)));
        Assert.Equal(200, calls);
        await Task.WhenAll(clients.Select(client => client.DisposeAsync().AsTask()));
        await Until(() => bench.Registry.Ids.Count == 0);
    }

    private static Task<string> EndOf(RemoteSession session) => session.Ended.WaitAsync(TimeSpan.FromSeconds(60), Token);

    private static async Task Until(Func<bool> isSo)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Token);
        limit.CancelAfter(TimeSpan.FromSeconds(60));
        while (!isSo())
        {
            await Task.Delay(5, limit.Token);
        }
    }
}
