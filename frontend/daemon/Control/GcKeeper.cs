using Cairn.Daemon.Configuration;
using Cairn.Daemon.Telemetry;
using Cairn.Llb;
using Cairn.Solver;
using Microsoft.Extensions.Logging;

namespace Cairn.Daemon.Control;

/// <summary>Keeps the cache within its rules: a moment after builds, and not more than once a minute.</summary>
internal sealed class GcKeeper : IAsyncDisposable
{
    private static readonly TimeSpan Delay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);

    private readonly BuildSolver _solver;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();
    private readonly SemaphoreSlim _asked = new(0, 1);
    private readonly Task _loop;

    public GcKeeper(BuildSolver solver, TimeProvider clock, ILogger logger)
    {
        _solver = solver;
        _clock = clock;
        _logger = logger;
        _loop = Task.Run(RunAsync);
    }

    /// <summary>The rules, in order; replaced as a whole.</summary>
    public IReadOnlyList<GcRule> Rules { get; set; } = [];

    /// <summary>Bytes that were freed so far.</summary>
    public long Freed { get; private set; }   // written by the loop and by who asks at once, one at a time

    /// <summary>A build has ended.</summary>
    public void Ask()
    {
        try
        {
            if (_asked.CurrentCount == 0)
            {
                _asked.Release();
            }
        }
        catch (SemaphoreFullException)
        {
            // Somebody else has asked in the same moment.
        }
        catch (ObjectDisposedException)
        {
            // The daemon ends.
        }
    }

    /// <summary>Carries the rules out now.</summary>
    /// <returns>Bytes that were freed.</returns>
    public async Task<long> RunOnceAsync(CancellationToken cancellationToken)
    {
        long freed = 0;
        foreach (GcRule rule in Rules)
        {
            IReadOnlyList<StoredRecord> gone = await _solver.Store.PruneAsync(
                new PruneRequest
                {
                    All = rule.All,
                    Filters = rule.Filters,
                    KeepDuration = rule.KeepDuration,
                    ReservedSpace = rule.ReservedSpace,
                    MaxUsedSpace = rule.MaxUsedSpace,
                    MinFreeSpace = rule.MinFreeSpace,
                },
                removed: null, cancellationToken);
            freed += gone.Sum(static record => record.Size);
        }

        Freed += freed;
        return freed;
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _loop;
        _asked.Dispose();
        _stopping.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            while (true)
            {
                await _asked.WaitAsync(_stopping.Token);
                await Task.Delay(Delay, _clock, _stopping.Token);
                try
                {
                    await RunOnceAsync(_stopping.Token);
                }
                catch (Exception e) when (e is BuildException or IOException)
                {
                    _logger.CollectionFailed(e);
                }

                await Task.Delay(Pause, _clock, _stopping.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The daemon ends.
        }
    }
}
