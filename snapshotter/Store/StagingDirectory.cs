namespace Cairn.Snapshotter.Store;

/// <summary>A directory being filled. What is not published when it is disposed goes away.</summary>
public sealed class StagingDirectory : IDisposable
{
    private readonly TrashBin _trash;
    private bool _disposed;

    internal StagingDirectory(string path, TrashBin trash)
    {
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
            _trash.Discard(Path);
        }
    }
}
