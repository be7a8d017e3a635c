namespace Cairn.Snapshotter.Store;

/// <summary>A directory being filled. What is not published when it is disposed goes away.</summary>
public sealed class StagingDirectory : IDisposable
{
    private readonly TrashBin _trash;
    private readonly StoreInstance _instance;
    private bool _disposed;

    internal StagingDirectory(string path, TrashBin trash, StoreInstance instance)
    {
        _instance = instance;
        Path = path;
        _trash = trash;
    }

    /// <summary>Its absolute path. To publish it, hand this to <see cref="WriteTransaction.Publish"/>.</summary>
    public string Path { get; }

    /// <summary>Moves what is left to the trash; a directory that was published is no longer here.</summary>
    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            try
            {
                _trash.Discard(Path);
            }
            finally
            {
                _instance.Release();
            }
        }
    }
}
