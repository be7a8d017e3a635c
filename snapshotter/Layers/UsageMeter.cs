using Cairn.Snapshotter.Native;
using Cairn.Snapshotter.Trees;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Snapshotter.Layers;

/// <summary>Adds up what a tree takes on disk; each inode once.</summary>
internal sealed class UsageMeter
{
    private readonly HashSet<ulong> _linked = [];
    private long _bytes;
    private long _inodes;

    /// <summary>What was counted so far.</summary>
    public LayerUsage Usage => new(_bytes, _inodes);

    /// <summary>Walks a whole tree.</summary>
    public static LayerUsage Measure(SafeFileHandle root)
    {
        var meter = new UsageMeter();
        meter.Add(Files.Status(root, "."));
        using SafeFileHandle directory = Files.OpenAt(root, ".", Libc.O_RDONLY | Libc.O_DIRECTORY);
        meter.AddContents(directory);
        return meter.Usage;
    }

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

    private void AddContents(SafeFileHandle directory)
    {
        foreach (string name in Files.Names(directory))
        {
            FileStatus status = Files.Status(directory, name);
            Add(status);
            if (status.IsDirectory)
            {
                using SafeFileHandle child = Files.OpenAt(directory, name, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
                AddContents(child);
            }
        }
    }
}
