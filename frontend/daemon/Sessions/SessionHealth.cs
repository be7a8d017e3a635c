using Cairn.Rpc.Calls;
using Cairn.Rpc.Client;
using Cairn.Rpc.Health;
using Microsoft.Extensions.Logging;

namespace Cairn.Daemon.Sessions;

/// <summary>Asks a client for signs of life.</summary>
/// <remarks>Source: session.md, section 4.</remarks>
internal sealed class SessionHealth
{
    private const double Patience = 1.5;   // of what the check before took
    private const int UsualFailures = 2;
    private static readonly TimeSpan LeastInterval = TimeSpan.FromSeconds(1);

    private readonly RpcChannel _channel;
    private readonly TimeProvider _clock;
    private readonly TimeSpan _interval;
    private readonly TimeSpan _timeout;
    private readonly int _failures;

    /// <param name="channel">To the client.</param>
    /// <param name="wish">What the client asks for instead of the usual times; null if it does not.</param>
    /// <param name="options">The usual times.</param>
    public SessionHealth(RpcChannel channel, TimeSpan? wish, SessionOptions options)
    {
        _channel = channel;
        _clock = options.Clock;
        _interval = wish is { } time ? (time > LeastInterval ? time : LeastInterval) : options.HealthInterval;
        _timeout = wish ?? options.HealthTimeout;
        _failures = wish is null ? UsualFailures : 1;
    }

    /// <summary>Returns when the client has failed too often in a row.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task WatchAsync(string session, ILogger logger, CancellationToken cancellationToken)
    {
        int failures = 0;
        TimeSpan last = TimeSpan.Zero;
        using var timer = new PeriodicTimer(_interval, _clock);
        while (failures < _failures)
        {
            await timer.WaitForNextTickAsync(cancellationToken);
            TimeSpan patience = last * Patience > _timeout ? last * Patience : _timeout;
            long start = _clock.GetTimestamp();
            try
            {
                await _channel.CallAsync(HealthMethods.Check, "", new RpcCallOptions { Timeout = patience }, cancellationToken);
                failures = 0;
            }
            catch (RpcException e)
            {
                failures++;
                logger.HealthCheckFailed(session, e.Message);
            }

            last = _clock.GetElapsedTime(start);
        }
    }
}
