using Cairn.Snapshotter.Trees;

namespace Cairn.Snapshotter.Layers;

/// <summary>Adds up what a tree takes on disk; each inode once.</summary>
internal sealed class UsageMeter
{
    private readonly HashSet<ulong> _linked = [];
    private long _bytes;
    private long _inodes;

    /// <summary>What was counted so far.</summary>
    public LayerUsage Usage => new(_bytes, _inodes);

    /// <summary>Counts one entry.</summary>
    public void Add(FileStatus status)
    {
        if (status is { IsDirectory: false, LinkCount: > 1 } && !_linked.Add(status.Inode))
        {
            return;
        }
        _bytes += status.AllocatedBytes;
        _inodes++;
    }
}
