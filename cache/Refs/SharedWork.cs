using System.Diagnostics.CodeAnalysis;

namespace Cairn.Cache.Refs;

/// <summary>
/// Work that several callers may want at once is done once for each key. A caller who leaves hurts nobody else; when the last one
/// has left the work is cancelled. A caller who joined a run that failed on another's behalf tries once more on its own.
/// </summary>
internal sealed class SharedWork<TKey, TResult>
    where TKey : notnull
{
    private readonly Lock _gate = new();
    private readonly Dictionary<TKey, Run> _runs = [];   // guarded by _gate

    public async Task<TResult> RunAsync(TKey key, Func<CancellationToken, Task<TResult>> work, CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Run run = Join(key, work, out bool started);
            try
            {
                return await run.Work.WaitAsync(cancellationToken);
            }
            catch (Exception) when (!started && run.Work.IsCompleted && !cancellationToken.IsCancellationRequested)
            {
                // The run was another caller's: its session may be gone. The next turn of the loop starts or joins a later one.
            }
            finally
            {
                Leave(key, run);
            }
        }
    }

    private Run Join(TKey key, Func<CancellationToken, Task<TResult>> work, out bool started)
    {
        lock (_gate)
        {
            started = !_runs.TryGetValue(key, out Run? run) || run.Work.IsCompleted;
            if (started)
            {
                run = new Run(work);
                _runs[key] = run;
            }
            run!.Callers++;
            return run;
        }
    }

    private void Leave(TKey key, Run run)
    {
        lock (_gate)
        {
            if (--run.Callers > 0)
            {
                return;
            }
            if (_runs.TryGetValue(key, out Run? current) && current == run)
            {
                _runs.Remove(key);   // a cancelled run may still be ending; who comes now starts anew
            }
        }
        run.Abandon();
    }

    [SuppressMessage("Reliability", "CA1001", Justification = "Abandon disposes it when the work has ended.")]
    private sealed class Run
    {
        private readonly CancellationTokenSource _source = new();

        public Run(Func<CancellationToken, Task<TResult>> work)
        {
            CancellationToken token = _source.Token;
            Work = Task.Run(() => work(token), CancellationToken.None);
        }

        public Task<TResult> Work { get; }

        public int Callers { get; set; }

        public void Abandon()
        {
            if (Work.IsCompleted)
            {
                _source.Dispose();
                return;
            }
            _source.Cancel();
            _ = Work.ContinueWith(
                static (work, source) =>
                {
                    _ = work.Exception;   // nobody waits for it
                    ((CancellationTokenSource)source!).Dispose();
                },
                _source, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }
}
