using System.Globalization;
using System.Threading.Channels;
using Cairn.Snapshotter.Native;
using Microsoft.Extensions.Logging;

namespace Cairn.Snapshotter.Store;

/// <summary>Deletes in the background what was renamed into the trash, outside every lock.</summary>
internal sealed class TrashBin : IDisposable
{
    private readonly string _directory;
    private readonly StoreInstance _instance;
    private readonly ILogger _logger;
    private readonly Channel<Work> _queue = Channel.CreateUnbounded<Work>(new UnboundedChannelOptions { SingleReader = true });
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;

    public TrashBin(string directory, StoreInstance instance, ILogger logger)
    {
        _directory = directory;
        _instance = instance;
        _logger = logger;
        _loop = Task.Run(RunAsync);
    }

    /// <summary>A name in the trash that belongs to this instance and is not taken.</summary>
    public string NextPath() =>
        Path.Combine(_directory, string.Create(CultureInfo.InvariantCulture, $"{_instance.Id}-{_instance.NextNumber()}"));

    /// <summary>Moves a path to the trash and deletes it; an absent path is fine.</summary>
    public void Discard(string path)
    {
        string target = NextPath();
        try
        {
            Files.TryRename(path, target);
        }
        catch (NativeException e) when (e.Errno == Errno.ENOENT)
        {
            return;
        }
        Delete(target);
    }

    /// <summary>Deletes something that is in the trash already.</summary>
    public void Delete(string trashed) => _queue.Writer.TryWrite(new Work(trashed, null));

    /// <summary>Completes when everything trashed before the call is gone.</summary>
    public Task EmptyAsync(CancellationToken cancellationToken)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (!_queue.Writer.TryWrite(new Work(null, done)))
        {
            done.SetResult();
        }
        return done.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Deletes what is queued for at most <paramref name="budget"/>; the next opener takes the rest.</summary>
    public void Close(TimeSpan budget)
    {
        _queue.Writer.TryComplete();
        _stop.CancelAfter(budget);
        _loop.GetAwaiter().GetResult();
    }

    public void Dispose()
    {
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        await foreach (Work work in _queue.Reader.ReadAllAsync())
        {
            work.Done?.SetResult();
            if (work.Path is not null && !_stop.IsCancellationRequested)
            {
                try
                {
                    Files.RemoveTree(work.Path, _stop.Token);
                }
                catch (OperationCanceledException)
                {
                    // The store is being closed: the next opener goes on here.
                }
                catch (NativeException e)
                {
                    _logger.TrashNotDeleted(work.Path, e);   // it stays in the trash, where the next opener tries again
                }
            }
        }
    }

    private readonly record struct Work(string? Path, TaskCompletionSource? Done);
}
