using Microsoft.Win32.SafeHandles;

namespace Cairn.Snapshotter.Merging;

/// <summary>A directory of a tree in the making; finished when it and all directories in it are.</summary>
/// <param name="source">Where its entries come from; owned.</param>
/// <param name="target">The directory that takes them; owned.</param>
/// <param name="parent">The directory above; null for the root.</param>
/// <param name="path">Path in the tree; empty for the root.</param>
internal sealed class FlattenedDirectory(
    MergedDirectory<LayerDirectory> source, SafeFileHandle target, FlattenedDirectory? parent, string path) : IDisposable
{
    private int _pending = 1;   // itself, and the directories in it that are not finished

    public MergedDirectory<LayerDirectory> Source => source;

    public SafeFileHandle Target => target;

    public FlattenedDirectory? Parent => parent;

    public string Path => path;

    /// <summary>It got whiteouts.</summary>
    public bool HasWhiteouts { get; set; }

    /// <summary>One more directory in it is to be finished first.</summary>
    public void Expect() => Interlocked.Increment(ref _pending);

    /// <summary>Notes that it, or a directory in it, is done; true if that was the last.</summary>
    public bool TryFinish() => Interlocked.Decrement(ref _pending) == 0;

    public void Dispose()
    {
        source.Dispose();
        target.Dispose();
    }
}
