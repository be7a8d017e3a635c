using System.Runtime.CompilerServices;
using Cairn.Protos.Control;
using Cairn.Solver.Progress;

namespace Cairn.Daemon.Status;

/// <summary>
/// The news of one build, for any number of readers, each from the beginning at its own pace. Newer news of the same thing take the place of
/// older ones, and what is printed goes to a file from a size on, so memory depends on the build and not on its readers.
/// </summary>
internal sealed class StatusFeed : IBuildProgress, IDisposable
{
    private const int MostEntries = 1024;   // in one message
    private const int MostLogBytes = 1 << 20;   // in one message
    private const int MostMemory = 1 << 20;   // of logs
    private const int CompactionFloor = 256;

    private readonly Lock _lock = new();

    // Guarded by _lock.
    private readonly Dictionary<object, FeedEntry> _newest = [];
    private List<FeedEntry> _entries = [];
    private int _superseded;
    private long _next;
    private long _logBytes;
    private LogSpill? _spill;
    private bool _isClosed;
    private bool _isGivenUp;
    private int _readers;
    private TaskCompletionSource _changed = NewSignal();

    /// <inheritdoc/>
    public void Write(BuildEvent news)
    {
        lock (_lock)
        {
            if (_isClosed)
            {
                return;
            }

            Append(news);
            Signal();
        }
    }

    /// <summary>Nothing comes after this; readers end when they have read all.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _isClosed = true;
            Signal();
        }
    }

    /// <summary>All news from the beginning, in messages, until the build's end.</summary>
    public async IAsyncEnumerable<StatusResponse> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            _readers++;
        }

        try
        {
            long cursor = -1;
            while (await NextAsync(cursor, cancellationToken) is var (message, reached))
            {
                cursor = reached;
                yield return message;
            }
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>No new readers come. What was spilled goes with the last one.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _isClosed = _isGivenUp = true;
            Signal();
            FreeIfUnused();
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task<(StatusResponse Message, long Cursor)?> NextAsync(long cursor, CancellationToken cancellationToken)
    {
        while (true)
        {
            List<(BuildEvent News, (long Offset, int Length) Spilled)> batch = [];
            Task changed;
            bool isOver;
            lock (_lock)
            {
                cursor = Take(cursor, batch);
                changed = _changed.Task;
                isOver = _isClosed;
            }

            if (batch.Count > 0)
            {
                return (StatusMessage.Compose(batch.Select(Whole)), cursor);
            }

            if (isOver)
            {
                return null;
            }

            await changed.WaitAsync(cancellationToken);
        }
    }

    private void Leave()
    {
        lock (_lock)
        {
            _readers--;
            FreeIfUnused();
        }
    }

    private void FreeIfUnused()
    {
        if (_isGivenUp && _readers == 0)
        {
            _spill?.Dispose();
        }
    }

    private void Signal()
    {
        _changed.TrySetResult();
        _changed = NewSignal();
    }

    private void Append(BuildEvent news)
    {
        (long Offset, int Length) spilled = default;
        if (news is LogEvent log)
        {
            _logBytes += log.Bytes.Length;
            if (_logBytes > MostMemory && log.Bytes.Length > 0)
            {
                _spill ??= new LogSpill();
                spilled = (_spill.Append(log.Bytes.Span), log.Bytes.Length);
                news = log with { Bytes = default };
            }
        }

        var entry = new FeedEntry(_next++, news) { Spilled = spilled };
        if (KeyOf(news) is { } key)
        {
            if (_newest.TryGetValue(key, out FeedEntry? older))
            {
                older.IsSuperseded = true;
                _superseded++;
            }

            _newest[key] = entry;
        }

        _entries.Add(entry);
        if (_superseded > CompactionFloor && _superseded > _entries.Count / 2)
        {
            _entries = [.. _entries.Where(static e => !e.IsSuperseded)];
            _superseded = 0;
        }
    }

    // What only the last word counts of: an interval of a vertex, an item. The announcement of a vertex stays before all that names it.
    private static object? KeyOf(BuildEvent news) => news switch
    {
        VertexEvent vertex => (vertex.Vertex, vertex.Started),
        StatusEvent status => (status.Vertex, status.Id, status.Started),
        _ => null,
    };

    private long Take(long cursor, List<(BuildEvent News, (long Offset, int Length) Spilled)> batch)
    {
        int bytes = 0;
        for (int i = After(cursor); i < _entries.Count && batch.Count < MostEntries && bytes < MostLogBytes; i++)
        {
            FeedEntry entry = _entries[i];
            cursor = entry.Sequence;
            if (!entry.IsSuperseded)
            {
                batch.Add((entry.News, entry.Spilled));
                bytes += entry.News is LogEvent log ? log.Bytes.Length + entry.Spilled.Length : 0;
            }
        }

        return cursor;
    }

    // Index of the first entry with a higher sequence.
    private int After(long cursor)
    {
        int low = 0, high = _entries.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_entries[middle].Sequence <= cursor)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    private BuildEvent Whole((BuildEvent News, (long Offset, int Length) Spilled) item) =>
        item.Spilled.Length == 0 ? item.News : ((LogEvent)item.News) with { Bytes = _spill!.Read(item.Spilled.Offset, item.Spilled.Length) };
}
