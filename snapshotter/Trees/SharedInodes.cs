using Cairn.Snapshotter.Native;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Snapshotter.Trees;

/// <summary>
/// Files of a tree being filled that are names of an immutable layer's inodes. They must never be changed in place: whoever wants to
/// change one separates it first.
/// </summary>
internal sealed class SharedInodes
{
    // Inode numbers suffice: all layers lie on one filesystem, and overlayfs shows the numbers of the files below it.
    private readonly HashSet<ulong> _shared = [];   // guarded by itself

    /// <summary>Some file here is shared.</summary>
    public bool Any
    {
        get
        {
            lock (_shared)
            {
                return _shared.Count > 0;
            }
        }
    }

    /// <summary>Notes an inode as shared; false if it was already: a second, unrelated copy of it must then be a real one.</summary>
    public bool TryAdd(FileStatus status)
    {
        lock (_shared)
        {
            return _shared.Add(status.Inode);
        }
    }

    /// <summary>Gives a name an inode of its own with the same content and metadata, if its inode is shared.</summary>
    public void Separate(SafeFileHandle directory, string name, FileStatus status)
    {
        lock (_shared)
        {
            if (!_shared.Contains(status.Inode))
            {
                return;
            }
        }
        string temporary = ".cairn-" + Guid.NewGuid().ToString("N");
        FileCopy.Copy(directory, name, status, directory, temporary);
        Files.Replace(directory, temporary, directory, name);
    }
}
