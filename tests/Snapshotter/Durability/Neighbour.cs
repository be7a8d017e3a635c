using Cairn.Tests.Harness;

namespace Cairn.Snapshotter.Tests.Durability;

/// <summary>
/// Another program on the same disk that flushes its own file again and again. That makes names and deletions of everybody durable, long before
/// anybody's data.
/// </summary>
internal sealed class Neighbour : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;
    private long _flushes;
    private volatile bool _hasPower = true;

    public Neighbour(string path) => _loop = Task.Run(() => Flush(path));

    /// <summary>Returns when a flush has ended that began after the call.</summary>
    public void AwaitFlush()
    {
        long enough = Interlocked.Read(ref _flushes) + 2;
        Await.True(() => !_hasPower || Interlocked.Read(ref _flushes) >= enough, "the neighbour has flushed");
    }

    public void Dispose()
    {
        _stop.Cancel();
        _loop.GetAwaiter().GetResult();
        _stop.Dispose();
    }

    private void Flush(string path)
    {
        try
        {
            while (!_stop.Token.WaitHandle.WaitOne(10))
            {
                using FileStream file = new(path, FileMode.Append);
                file.WriteByte(0);
                file.Flush(flushToDisk: true);
                Interlocked.Increment(ref _flushes);
            }
        }
        catch (IOException)
        {
            _hasPower = false;
        }
    }
}
