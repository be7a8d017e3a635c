using System.Security.Cryptography;
using Cairn.Llb;
using Cairn.Rpc.Calls;
using Cairn.Rpc.Client;
using Cairn.Rpc.Server;
using Cairn.Solver.Sessions;
using Cairn.Wire.Headers;
using Cairn.Wire.Methods;
using Microsoft.Extensions.Logging;

namespace Cairn.Daemon.Sessions;

/// <summary>The clients that are there: each has opened a tunnel in which the daemon asks and the client answers.</summary>
/// <remarks>Source: session.md, sections 2 to 5. Safe for several threads.</remarks>
public sealed class SessionRegistry : ISessionDirectory, IAsyncDisposable
{
    private const int SaltBytes = 32;

    private readonly SessionOptions _options;
    private readonly ILogger _logger;
    private readonly byte[] _salt = RandomNumberGenerator.GetBytes(SaltBytes);
    private readonly CancellationTokenSource _ending = new();
    private readonly Lock _gate = new();   // guards the three below
    private readonly Dictionary<string, RemoteSession> _sessions = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Awaited> _awaited = new(StringComparer.Ordinal);
    private readonly HashSet<Task> _served = [];

    /// <summary>Without sessions.</summary>
    public SessionRegistry(SessionOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _logger = options.Loggers.CreateLogger<SessionRegistry>();
    }

    /// <summary>Ids of the sessions that are there, in ordinal order.</summary>
    public IReadOnlyList<string> Ids
    {
        get
        {
            lock (_gate)
            {
                return [.. _sessions.Keys.Order(StringComparer.Ordinal)];
            }
        }
    }

    /// <summary>Adds Control.Session to a table.</summary>
    public void AddTo(RpcServices services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.Add(ControlMethods.Session.Path, ServeAsync);
    }

    /// <summary>Keeps a session from its headers to its end, which is also the end of the call.</summary>
    /// <exception cref="RpcException">InvalidArgument: the headers name no session.</exception>
    public async Task ServeAsync(ServerCall call, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(call);
        SessionHeaders headers = SessionHeaders.TryRead(call.RequestHeaders)
            ?? throw new RpcException(StatusCode.InvalidArgument, $"the header {HeaderNames.SessionId} is missing");
        var served = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (_ending.IsCancellationRequested)
            {
                throw new RpcException(StatusCode.Unavailable, "the daemon is shutting down");
            }

            _served.Add(served.Task);
        }

        try
        {
            await using RpcChannel channel = RpcChannel.Over(call.AsByteStream(), new RpcChannelOptions { Clock = _options.Clock });
            var session = new RemoteSession(headers, channel, _salt, _options.Clock);
            Add(session);
            try
            {
                session.End(await WatchAsync(session, channel, headers, cancellationToken));
            }
            finally
            {
                session.End("it was given up");
                Remove(session);
            }
        }
        finally
        {
            lock (_gate)
            {
                _served.Remove(served.Task);
            }

            served.SetResult();
        }
    }

    /// <summary>The session of that id, also <c>prefix:id</c>; null if it is not there now.</summary>
    public ISession? TryFind(string id)
    {
        lock (_gate)
        {
            return _sessions.GetValueOrDefault(PlainId(id));
        }
    }

    /// <summary>The session of that id, also <c>prefix:id</c>; waits for it.</summary>
    /// <param name="id">As a request has it.</param>
    /// <param name="limit">How long to wait at most; null waits as long as the token lets.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ClientFaultException">It did not come in time.</exception>
    public async Task<ISession> FindAsync(string id, TimeSpan? limit, CancellationToken cancellationToken) =>
        await WaitAsync(id, limit, cancellationToken) ?? throw new ClientFaultException(
            ErrorKind.Environment, "", "", $"no active session for {PlainId(id)}: context deadline exceeded", "See whether the client is still there.");

    /// <inheritdoc/>
    public async Task<ISession?> TryFindAsync(string id, TimeSpan limit, CancellationToken cancellationToken) =>
        await WaitAsync(id, limit, cancellationToken);

    /// <summary>Ends all sessions and waits for their ends.</summary>
    public async ValueTask DisposeAsync()
    {
        Task[] served;
        lock (_gate)
        {
            served = [.. _served];
            _ = _ending.CancelAsync();
        }

        await Task.WhenAll(served);
    }

    // A prefix makes vertices of separate contexts different; the id is what follows.
    internal static string PlainId(string id)
    {
        ArgumentNullException.ThrowIfNull(id);
        int colon = id.IndexOf(':', StringComparison.Ordinal);
        return colon >= 0 && colon + 1 < id.Length ? id[(colon + 1)..] : id;
    }

    /// <summary>Returns why it has ended.</summary>
    private async Task<string> WatchAsync(RemoteSession session, RpcChannel channel, SessionHeaders headers, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _ending.Token);
        Task health = new SessionHealth(channel, headers.HealthTimeout, _options).WatchAsync(session.Id, _logger, stop.Token);
        Task first = await Task.WhenAny(channel.Closed, health);
        await stop.CancelAsync();
        await health.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return _ending.IsCancellationRequested ? "the daemon is shutting down"
            : cancellationToken.IsCancellationRequested ? "the client is gone"
            : first != health ? "the client has closed it"
            : health.IsCompletedSuccessfully ? "session healthcheck failed fatally"
            : channel.Failure?.Message ?? "it was cut off";
    }

    private void Add(RemoteSession session)
    {
        Awaited? awaited;
        lock (_gate)
        {
            _sessions[session.Id] = session;   // one of the same id is replaced
            _awaited.Remove(session.Id, out awaited);
        }

        _logger.SessionBegun(session.Id);
        awaited?.Come(session);
    }

    private void Remove(RemoteSession session)
    {
        lock (_gate)
        {
            if (_sessions.GetValueOrDefault(session.Id) == session)
            {
                _sessions.Remove(session.Id);
            }
        }

        _logger.SessionEnded(session.Id, session.Cause ?? "");
    }

    private async Task<RemoteSession?> WaitAsync(string id, TimeSpan? limit, CancellationToken cancellationToken)
    {
        string plain = PlainId(id);
        Awaited? awaited;
        lock (_gate)
        {
            if (_sessions.TryGetValue(plain, out RemoteSession? session))
            {
                return session;
            }

            if (!_awaited.TryGetValue(plain, out awaited))
            {
                _awaited.Add(plain, awaited = new Awaited());
            }

            awaited.Waiting++;
        }

        try
        {
            return await awaited.Session.WaitAsync(limit ?? Timeout.InfiniteTimeSpan, _options.Clock, cancellationToken);
        }
        catch (TimeoutException)
        {
            return null;
        }
        finally
        {
            lock (_gate)
            {
                if (--awaited.Waiting == 0 && _awaited.GetValueOrDefault(plain) == awaited)
                {
                    _awaited.Remove(plain);
                }
            }
        }
    }

    /// <summary>A session that somebody waits for.</summary>
    private sealed class Awaited
    {
        private readonly TaskCompletionSource<RemoteSession> _session = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<RemoteSession> Session => _session.Task;

        /// <summary>Under the registry's lock.</summary>
        public int Waiting { get; set; }

        public void Come(RemoteSession session) => _session.TrySetResult(session);
    }
}
