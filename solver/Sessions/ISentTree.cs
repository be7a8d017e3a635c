using Cairn.Snapshotter.Locals;

namespace Cairn.Solver.Sessions;

/// <summary>A file tree that goes to a client.</summary>
public interface ISentTree
{
    /// <summary>Every entry but the root, a directory before its content, names in byte order; to be walked once.</summary>
    IAsyncEnumerable<LocalEntry> WalkAsync(CancellationToken cancellationToken);

    /// <summary>The bytes of a regular file, by the path in its entry. Several may be open at once, also while the walk goes on.</summary>
    Stream Open(string path);

    /// <summary>That many more bytes have been sent.</summary>
    void Report(long bytes);
}
