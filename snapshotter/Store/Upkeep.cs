using Cairn.Llb;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace Cairn.Snapshotter.Store;

/// <summary>
/// What an open store does by itself, in one loop: lets trash go when its barrier is reached, and in a process that stays, seals, tries
/// again what could not be deleted, and takes over what dead instances left. A one-shot process that has no trash only wakes up and looks.
/// </summary>
internal sealed class Upkeep : IDisposable
{
    private readonly StoreOptions _options;
    private readonly StoreIndex _index;
    private readonly Flusher _flusher;
    private readonly TrashBin _trash;
    private readonly Action _recover;
    private readonly ILogger _logger;
    private readonly PeriodicTimer _timer;
    private readonly Task _loop;
    private long _recovered;      // timestamp of the last pass; the loop's own
    private bool _isFailing;      // the disk fails, and it was said; the loop's own

    /// <param name="options">Intervals.</param>
    /// <param name="index">The index.</param>
    /// <param name="flusher">Seals.</param>
    /// <param name="trash">Trash of this instance.</param>
    /// <param name="recover">Takes over what dead instances left; reports its own failures.</param>
    /// <param name="logger">Hears of failures.</param>
    public Upkeep(StoreOptions options, StoreIndex index, Flusher flusher, TrashBin trash, Action recover, ILogger logger)
    {
        _options = options;
        _index = index;
        _flusher = flusher;
        _trash = trash;
        _recover = recover;
        _logger = logger;
        _recovered = options.Clock.GetTimestamp();
        _timer = new PeriodicTimer(options.IsLongLived && options.RecoveryInterval < options.SealInterval ? options.RecoveryInterval : options.SealInterval, options.Clock);
        _loop = Task.Run(RunAsync);
    }

    /// <summary>Ends the loop; a flush under way is waited for.</summary>
    public void Dispose()
    {
        _timer.Dispose();
        _loop.GetAwaiter().GetResult();
    }

    private async Task RunAsync()
    {
        while (await _timer.WaitForNextTickAsync(CancellationToken.None))
        {
            try
            {
                Pass();
                _isFailing = false;
            }
            catch (Exception e) when (e is BuildException or IOException or UnauthorizedAccessException or SqliteException)
            {
                if (!_isFailing)
                {
                    _isFailing = true;
                    _logger.UpkeepFailed(_options.Root, e);   // nothing is sealed by it; the next pass tries again
                }
            }
        }
    }

    private void Pass()
    {
        if (_options.IsLongLived && _options.Clock.GetElapsedTime(_recovered) >= _options.RecoveryInterval)
        {
            _recovered = _options.Clock.GetTimestamp();
            _recover();
            _trash.Retry();
        }
        if (_trash.Barrier is > 0 and long barrier)
        {
            _trash.Release(_flusher.MakeDurable(barrier));
        }
        if (_options.IsLongLived)
        {
            _flusher.Seal(_index.Sequence);
        }
    }
}
