using System.Threading.Channels;
using Cairn.Llb;
using Cairn.Snapshotter.Native;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Snapshotter.Store;

/// <summary>
/// Deletes in the background what was renamed into the trash, outside every lock. What a row named waits until the removal of the row is
/// durable: until then a power cut brings the row back. What somebody still reads, or cannot be deleted, is kept for a later pass.
/// </summary>
internal sealed class TrashBin : IDisposable
{
    private readonly string _root;
    private readonly HashSet<string> _areas;
    private readonly string _directory;
    private readonly StoreInstance _instance;
    private readonly int _maxBacklog;
    private readonly ILogger _logger;
    private readonly Channel<Work> _queue = Channel.CreateUnbounded<Work>(new UnboundedChannelOptions { SingleReader = true });
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationToken _stopped;      // of it; asked also when the bin is gone, by who discards late
    private readonly ManualResetEventSlim _room = new(initialState: true);
    private readonly Lock _gate = new();            // guards what follows
    private readonly List<Work> _waiting = [];      // for the removal of their rows to be durable
    private readonly List<Work> _kept = [];         // for the next pass
    private int _backlog;                           // entries waiting and queued
    private bool _isGone;                           // nobody waits for room any more
    private readonly Task _loop;

    public TrashBin(StoreOptions options, IEnumerable<StoreArea> areas, StoreInstance instance, ILogger logger)
    {
        _areas = areas.Select(static area => area.Directory).ToHashSet(StringComparer.Ordinal);
        _root = options.Root;
        _stopped = _stop.Token;
        _directory = Path.Combine(options.Root, "trash");
        _instance = instance;
        _maxBacklog = options.MaxTrashBacklog;
        _logger = logger;
        _loop = Task.Run(RunAsync);
    }

    /// <summary>There are more entries to delete than are allowed to wait.</summary>
    public bool IsFull
    {
        get
        {
            lock (_gate)
            {
                return _backlog > _maxBacklog;
            }
        }
    }

    /// <summary>Something is left here that nobody has deleted yet.</summary>
    public bool HasLeft
    {
        get
        {
            lock (_gate)
            {
                return _backlog + _kept.Count > 0;
            }
        }
    }

    /// <summary>Highest write transaction whose durability entries wait for; 0 if none does.</summary>
    public long Barrier
    {
        get
        {
            lock (_gate)
            {
                return _waiting.Count == 0 ? 0 : _waiting.Max(static work => work.Barrier);
            }
        }
    }

    /// <summary>A name in the trash that belongs to this instance and is not taken.</summary>
    /// <param name="path">What will get it: the name tells where an entry of an area was, so that it can be put back if its row stays.</param>
    public string NextPath(string path)
    {
        StoreFile? origin = TrashName.OriginOf(_root, path);
        var name = new TrashName(_instance.Id, _instance.NextNumber(), origin is { } entry && _areas.Contains(entry.Area) ? origin : null);
        return Path.Combine(_directory, name.ToString());
    }

    /// <summary>Moves what never had a row to the trash and deletes it; an absent path is fine.</summary>
    public void Discard(string path)
    {
        string target = NextPath(path);
        try
        {
            Files.TryRename(path, target);
        }
        catch (NativeException e) when (e.Errno == Errno.ENOENT)
        {
            return;
        }
        if (!IsFull)
        {
            Delete(target, barrier: 0);
        }
        else if (TryDelete(new Work(target, 0)) is { } kept)   // whoever makes garbage faster than it can be deleted helps
        {
            Keep(kept);
        }
    }

    /// <summary>Deletes something that is in the trash already.</summary>
    /// <param name="trashed">Its path there.</param>
    /// <param name="barrier">Write transaction that must be durable before; 0 for none.</param>
    public void Delete(string trashed, long barrier)
    {
        var work = new Work(trashed, barrier);
        lock (_gate)
        {
            if (++_backlog > _maxBacklog && !_isGone)
            {
                _room.Reset();
            }
            if (barrier > 0)
            {
                _waiting.Add(work);
                return;
            }
        }
        Enqueue(work);
    }

    /// <summary>Lets everything go whose rows are durably gone.</summary>
    /// <param name="durable">Write transactions up to this one are.</param>
    public void Release(long durable)
    {
        List<Work> free;
        lock (_gate)
        {
            free = _waiting.FindAll(work => work.Barrier <= durable);
            _waiting.RemoveAll(work => work.Barrier <= durable);
        }
        free.ForEach(Enqueue);
    }

    /// <summary>Tries once more what was kept.</summary>
    public void Retry()
    {
        List<Work> again;
        lock (_gate)
        {
            again = [.. _kept];
            _kept.Clear();
            _backlog += again.Count;
        }
        again.ForEach(Enqueue);
    }

    /// <summary>Waits until no more entries wait than are allowed; the caller has seen to the barrier.</summary>
    public void WaitForRoom() => _room.Wait();

    /// <summary>Completes when everything trashed before the call, and past its barrier, is gone or in use.</summary>
    /// <exception cref="BuildException">Something cannot be deleted; it is tried again at later passes.</exception>
    public async Task EmptyAsync(CancellationToken cancellationToken)
    {
        Retry();
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (_queue.Writer.TryWrite(new Work("", 0) { Done = done }))
        {
            await done.Task.WaitAsync(cancellationToken);
        }
        lock (_gate)
        {
            if (_kept.Find(static work => work.Failure is not null)?.Failure is { } failure)
            {
                throw failure;
            }
        }
    }

    /// <summary>Deletes what is queued for at most <paramref name="budget"/>; whoever opens the store next takes the rest.</summary>
    public void Close(TimeSpan budget)
    {
        _queue.Writer.TryComplete();
        _stop.CancelAfter(budget);
        _loop.GetAwaiter().GetResult();
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _isGone = true;
        }
        _stop.Dispose();
        _room.Dispose();
    }

    private void Enqueue(Work work)
    {
        if (!_queue.Writer.TryWrite(work))
        {
            Keep(work);
        }
    }

    private void Keep(Work work)
    {
        lock (_gate)
        {
            _kept.Add(work);
        }
    }

    private async Task RunAsync()
    {
        await foreach (Work work in _queue.Reader.ReadAllAsync())
        {
            if (work.Done is not null)
            {
                work.Done.SetResult();
                continue;
            }
            Work? kept = _stopped.IsCancellationRequested ? work : TryDelete(work);
            lock (_gate)
            {
                if (kept is not null)
                {
                    _kept.Add(kept);
                }
                if (--_backlog <= _maxBacklog)
                {
                    _room.Set();
                }
            }
        }
    }

    // Null if it is gone; else what is to be tried again.
    private Work? TryDelete(Work work)
    {
        try
        {
            return Remove(work.Path) ? null : work with { Failure = null };
        }
        catch (OperationCanceledException)
        {
            return work;   // the store is being closed
        }
        catch (BuildException e)
        {
            if (work.Failure is null)
            {
                _logger.TrashNotDeleted(work.Path, e);   // said once, however often it is tried
            }
            return work with { Failure = e };
        }
    }

    // False while somebody holds a lock on the directory, which is how readers of a layer keep its files.
    private bool Remove(string path)
    {
        Failpoints.Hit("trash.delete");
        using SafeFileHandle trash = Files.OpenDirectory(_directory);
        string name = Path.GetFileName(path);
        using SafeFileHandle? directory = Files.TryOpenAt(
            trash, name, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW, 0, out int errno);
        if (directory is null)
        {
            if (errno is not (Errno.ENOENT or Errno.ENOTDIR or Errno.ELOOP))
            {
                throw new NativeException("open", path, errno);
            }
            Files.RemoveTree(trash, name, _stopped);
            return true;
        }
        if (!Files.TryLock(directory, exclusive: true, wait: false))
        {
            return false;
        }
        try
        {
            Files.RemoveContents(directory, _stopped);
            Files.RemoveDirectory(trash, name);
            Failpoints.Hit("trash.deleted");
        }
        catch (NativeException e)
        {
            throw new BuildException(
                ErrorKind.Environment, "delete", path, e.Message, "It is tried again later; nothing uses it any more.", e);
        }
        return true;
    }

    private sealed record Work(string Path, long Barrier)
    {
        public BuildException? Failure { get; init; }

        public TaskCompletionSource? Done { get; init; }
    }
}
