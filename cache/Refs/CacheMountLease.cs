namespace Cairn.Cache.Refs;

/// <summary>The use of a cache mount by one step; ends with disposal, or with the process.</summary>
public sealed class CacheMountLease : IDisposable
{
    private readonly FileStream _lock;
    private Action? _released;

    internal CacheMountLease(string directory, FileStream @lock, Action released)
    {
        Directory = directory;
        _lock = @lock;
        _released = released;
    }

    /// <summary>The directory to mount; it may be written to.</summary>
    public string Directory { get; }

    /// <summary>Ends the use; safe to call twice.</summary>
    public void Dispose()
    {
        _lock.Dispose();
        Interlocked.Exchange(ref _released, null)?.Invoke();
    }
}
