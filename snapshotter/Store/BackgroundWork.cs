namespace Cairn.Snapshotter.Store;

/// <summary>Work that goes on behind whoever asked for it and ends with the store.</summary>
internal sealed class BackgroundWork : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly HashSet<Task> _running = [];   // guarded by itself
    private bool _closed;                           // guarded by _running

    /// <summary>Starts work, unless the store is being closed.</summary>
    /// <param name="work">Stops by its token, and reports its failures itself.</param>
    public void Start(Action<CancellationToken> work)
    {
        lock (_running)
        {
            if (_closed)
            {
                return;
            }
            CancellationToken token = _stop.Token;
            var task = new Task(() => work(token), CancellationToken.None, TaskCreationOptions.LongRunning);
            _running.Add(task);
            _ = task.ContinueWith(Ended, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            task.Start(TaskScheduler.Default);
        }
    }

    /// <summary>Tells all work to stop and waits for its end.</summary>
    public void Dispose()
    {
        Task[] running;
        lock (_running)
        {
            if (_closed)
            {
                return;
            }
            _closed = true;
            running = [.. _running];
        }
        _stop.Cancel();
        Task.WaitAll(running, CancellationToken.None);
        _stop.Dispose();
    }

    private void Ended(Task task)
    {
        lock (_running)
        {
            _running.Remove(task);
        }
    }
}
