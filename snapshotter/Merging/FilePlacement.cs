using System.Collections.Concurrent;
using Cairn.Snapshotter.Native;
using Cairn.Snapshotter.Store;
using Cairn.Snapshotter.Trees;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Snapshotter.Merging;

/// <summary>
/// Puts files of layers into one tree: by a further link if that is wanted, else by sharing blocks, else by a copy. What one file or one
/// layer refuses falls back for itself alone. Safe from several threads.
/// </summary>
/// <param name="strategy">What is tried first; joining places no files and counts as linking.</param>
/// <param name="target">Host path of the tree.</param>
/// <param name="counts">Counts what was refused.</param>
internal sealed class FilePlacement(MergeStrategy strategy, string target, FallbackCounts counts)
{
    // A layer's file with several names that was copied -> host path of the first copy. Written with the stripe of the file locked.
    private readonly ConcurrentDictionary<(ulong Device, ulong Inode), string> _copies = new();
    private readonly Lock[] _stripes = [.. Enumerable.Range(0, 16).Select(static _ => new Lock())];

    private bool Links => strategy is MergeStrategy.Join or MergeStrategy.Hardlink;

    /// <summary>Places one file that is not a directory.</summary>
    /// <param name="entry">The file.</param>
    /// <param name="directory">Directory of the tree that takes it, under the same name.</param>
    /// <param name="path">Its path in the tree.</param>
    public void Place(MergedEntry<LayerDirectory> entry, SafeFileHandle directory, string path)
    {
        Failpoints.Hit("flatten.file");
        SafeFileHandle from = entry.Directory.Handle;
        if (Links && entry.Kind is FileKind.Regular or FileKind.Symlink && TryLink(entry, directory))
        {
            return;
        }
        FileStatus status = Files.Status(from, entry.Name);
        if (status.LinkCount == 1)
        {
            Copy(entry, status, directory);
            return;
        }
        // Names of one inode of one layer stay names of one inode.
        (ulong, ulong) inode = (status.Device, status.Inode);
        lock (_stripes[(int)(status.Inode % (ulong)_stripes.Length)])
        {
            if (!_copies.TryGetValue(inode, out string? first) || Files.TryLink(Files.Anywhere, first, directory, entry.Name) != 0)
            {
                Copy(entry, status, directory);
                _copies[inode] = target + path;
            }
        }
    }

    /// <summary>
    /// Where a file had more names than the filesystem gives it, some names may be links to the layer's file and others to the copy: makes
    /// them all names of the copy. Call it when everything is placed.
    /// </summary>
    public void Regroup(CancellationToken cancellationToken)
    {
        if (Links && !_copies.IsEmpty)
        {
            using SafeFileHandle root = Files.OpenDirectory(target);
            Regroup(root, cancellationToken);
        }
    }

    private bool TryLink(MergedEntry<LayerDirectory> entry, SafeFileHandle directory)
    {
        LayerSource source = entry.Directory.Source;
        if (source.RefusesLinks)
        {
            return false;
        }
        int errno = Files.TryLink(entry.Directory.Handle, entry.Name, directory, entry.Name);
        switch (errno)
        {
            case 0:
                return true;
            case Errno.EXDEV or Errno.EOPNOTSUPP or Errno.ENOSYS:
                source.RefusesLinks = true;
                break;
            case Errno.EMLINK or Errno.EPERM or Errno.EACCES:
                break;
            default:
                throw new NativeException("link", entry.Name, errno);
        }
        counts.Add(new Fallback(MergeStrategy.Hardlink, errno));
        return false;
    }

    private void Copy(MergedEntry<LayerDirectory> entry, FileStatus status, SafeFileHandle directory)
    {
        SafeFileHandle from = entry.Directory.Handle;
        string name = entry.Name;
        FileChange metadata = FileChange.AllOf(status);
        if (status.IsRegular)
        {
            using SafeFileHandle source = Files.OpenAt(from, name, Libc.O_RDONLY | Libc.O_NOFOLLOW | Libc.O_NONBLOCK);
            using SafeFileHandle copy = Files.OpenAt(
                directory, name, Libc.O_WRONLY | Libc.O_CREAT | Libc.O_EXCL | Libc.O_NOFOLLOW, 0x180);
            if (!TryClone(entry.Directory.Source, source, copy, status))
            {
                FileCopy.CopyBytes(source, copy, status);
            }
            FileCopy.CopyMetadata(source, copy, metadata);
            return;
        }
        if (status.IsSymlink)
        {
            Files.MakeSymlink(directory, name, Files.ReadLink(from, name));
        }
        else
        {
            Files.MakeNode(directory, name, status.Kind, status.Mode, status.DeviceMajor, status.DeviceMinor);
        }
        RootedTree.Apply(directory, name, status.Kind, metadata with { Times = null });
        FileCopy.CopyAttributes(from, name, directory, name);
        RootedTree.Apply(directory, name, status.Kind, new FileChange { Times = metadata.Times });
    }

    private bool TryClone(LayerSource layer, SafeFileHandle source, SafeFileHandle copy, FileStatus status)
    {
        if (strategy == MergeStrategy.Copy || status.Size == 0 || layer.RefusesClones)
        {
            return false;
        }
        int errno = Files.TryClone(source, copy);
        switch (errno)
        {
            case 0:
                return true;
            case Errno.EXDEV or Errno.EOPNOTSUPP or Errno.ENOTTY or Errno.EINVAL or Errno.ENOSYS:
                layer.RefusesClones = true;
                break;
            case Errno.EPERM or Errno.EACCES or Errno.ETXTBSY:
                break;
            default:
                throw new NativeException("clone", "file", errno);
        }
        counts.Add(new Fallback(MergeStrategy.Reflink, errno));
        return false;
    }

    private void Regroup(SafeFileHandle directory, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        FileStatus own = Files.Status(directory);
        bool changed = false;
        foreach (string name in Files.Names(directory))
        {
            FileStatus status = Files.Status(directory, name);
            if (status.IsDirectory)
            {
                using SafeFileHandle child = Files.OpenAt(directory, name, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
                Regroup(child, cancellationToken);
            }
            else if (_copies.TryGetValue((status.Device, status.Inode), out string? copy))
            {
                Files.Unlink(directory, name);
                Files.Link(Files.Anywhere, copy, directory, name);
                changed = true;
            }
        }
        if (changed)
        {
            Files.SetTimes(directory, new FileTimes(own.AccessedNanoseconds, own.ModifiedNanoseconds));
        }
    }
}
