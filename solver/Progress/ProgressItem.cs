using Cairn.Cache.Refs;

namespace Cairn.Solver.Progress;

/// <summary>One item of work under a vertex. Tells its beginning, its end, and in between as often as a reader can follow.</summary>
internal sealed class ProgressItem : IProgressItem
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    private readonly VertexChannel _channel;
    private readonly TimeProvider _clock;
    private readonly string _id;
    private readonly string _name;
    private readonly long _total;
    private readonly DateTimeOffset _started;
    private readonly Lock _lock = new();

    // Guarded by _lock.
    private long _current;
    private long _told;
    private bool _isOver;

    public ProgressItem(VertexChannel channel, TimeProvider clock, string id, string name, long total)
    {
        _channel = channel;
        _clock = clock;
        _id = id;
        _name = name;
        _total = total;
        _started = clock.GetUtcNow();
        _told = clock.GetTimestamp();
        Tell(completed: null);
    }

    /// <inheritdoc/>
    public void Report(long current)
    {
        lock (_lock)
        {
            _current = current;
            if (_isOver || _clock.GetElapsedTime(_told) < Interval)
            {
                return;
            }

            _told = _clock.GetTimestamp();
            Tell(completed: null);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            if (!_isOver)
            {
                _isOver = true;
                Tell(_clock.GetUtcNow());
            }
        }
    }

    private void Tell(DateTimeOffset? completed) => _channel.Publish(new StatusEvent(
        _channel.Vertex, _id, _name, _current, _total, completed ?? _clock.GetUtcNow(), _started, completed));
}
