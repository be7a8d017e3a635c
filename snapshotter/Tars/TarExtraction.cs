using Cairn.Llb;
using Cairn.Snapshotter.Native;
using Cairn.Snapshotter.Trees;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Snapshotter.Tars;

/// <summary>Makes the files of an archive. Every path is resolved inside the root, so nothing in an archive can touch what lies outside.</summary>
/// <param name="root">Root of the tree.</param>
/// <param name="start">Directory in the tree that takes the content, without links.</param>
/// <param name="cancellationToken">Stops the work.</param>
internal sealed partial class TarExtraction(SafeFileHandle root, string start, CancellationToken cancellationToken) : IDisposable
{
    private readonly Dictionary<string, FileTimes> _directoryTimes = new(StringComparer.Ordinal);   // set when all is in place
    private string? _parentPath;
    private SafeFileHandle? _parent;   // directory of the last member, which mostly is that of the next

    /// <summary>Owner of everything; null for the archive's.</summary>
    public FileOwner? Owner { get; init; }

    /// <summary>Time of everything, nanoseconds since 1970; null for the archive's.</summary>
    public long? Timestamp { get; init; }

    /// <summary>The archive is an image layer on these layers: whiteouts have their meaning. Null for an archive of plain files.</summary>
    public LayersBelow? Below { get; init; }

    /// <summary>The archive said what its root is like.</summary>
    public bool DescribesRoot { get; private set; }

    /// <summary>Unpacks the whole archive and reads it to its end.</summary>
    public void Run(TarReader reader)
    {
        while (reader.Next() is { } entry)
        {
            cancellationToken.ThrowIfCancellationRequested();
            string path = TreePath.Clean(entry.Path);
            path = start.Length == 1 ? path : path.Length == 1 ? start : start + path;
            try
            {
                Add(entry, path, reader);
            }
            catch (NativeException e)
            {
                throw e.At(path);
            }
        }
        foreach ((string path, FileTimes times) in _directoryTimes)
        {
            // A later member may have replaced the directory.
            using SafeFileHandle? directory = Files.TryOpenInRoot(
                root, TreePath.Relative(path), Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW, out _);
            if (directory is not null)
            {
                Files.SetTimes(directory, times);
            }
        }
        reader.Drain();
    }

    public void Dispose() => _parent?.Dispose();

    private void Add(TarEntry entry, string path, TarReader reader)
    {
        if (path == start)
        {
            if (entry.Kind == FileKind.Directory)
            {
                Finish(entry, Parent(path), ".", path);
                DescribesRoot = true;
            }
            return;
        }
        (string directory, string name) = TreePath.Split(path);
        if (Below is not null && path.Contains("/.wh.", StringComparison.Ordinal))
        {
            if (name.StartsWith(TarTree.WhiteoutPrefix, StringComparison.Ordinal) || path.Contains("/.wh..wh.", StringComparison.Ordinal))
            {
                AddMark(directory, name, path);
                return;
            }
        }
        SafeFileHandle parent = Parent(directory);
        FileStatus? existing = Files.TryStatus(parent, name);
        if (Below is not null && entry is { Kind: FileKind.CharacterDevice, DeviceMajor: 0, DeviceMinor: 0 })
        {
            AddMark(directory, TarTree.WhiteoutPrefix + name, path);   // how overlayfs itself writes a whiteout
            return;
        }
        if (entry.Kind == FileKind.Directory)
        {
            AddDirectory(parent, name, existing);
        }
        else
        {
            if (existing is not null)
            {
                Files.RemoveTree(parent, name, cancellationToken);
                Forget(path, existing);
            }
            if (entry.HardLink is not null)
            {
                AddLink(entry, parent, name);
                return;   // an inode's metadata came with its first name
            }
            AddFile(entry, parent, name, reader);
            if (entry.Kind == FileKind.Regular)
            {
                return;
            }
        }
        Finish(entry, parent, name, path);
    }

    private void AddDirectory(SafeFileHandle parent, string name, FileStatus? existing)
    {
        if (existing is { IsDirectory: true })
        {
            return;
        }
        if (existing is not null)
        {
            Files.Unlink(parent, name);
        }
        Files.MakeDirectory(parent, name, 0x1c0);
        if (Below is not null && existing is { IsWhiteout: true })
        {
            // The directory below is deleted, and this one takes its place.
            Files.SetAttribute(parent, name, TreeAttributes.Opaque, "y"u8);
        }
    }

    private void AddFile(TarEntry entry, SafeFileHandle parent, string name, TarReader reader)
    {
        switch (entry.Kind)
        {
            case FileKind.Regular:
                using (SafeFileHandle file = Files.OpenAt(
                    parent, name, Libc.O_WRONLY | Libc.O_CREAT | Libc.O_EXCL | Libc.O_NOFOLLOW, 0x180))
                {
                    if (entry.Size > 0)
                    {
                        reader.CopyContent(file, cancellationToken);
                    }
                    RootedTree.Apply(file, new FileChange { Owner = Owner ?? entry.Owner, Mode = entry.Mode });
                    foreach ((string attribute, byte[] value) in Attributes(entry))
                    {
                        CheckAttribute(Files.TrySetAttribute(file, attribute, value), attribute, name, entry.Kind);
                    }
                    Files.SetTimes(file, Times(entry));
                }
                break;
            case FileKind.Symlink:
                Files.MakeSymlink(parent, name, entry.Target);
                break;
            default:
                Files.MakeNode(parent, name, entry.Kind, entry.Mode, entry.DeviceMajor, entry.DeviceMinor);
                break;
        }
    }

    private void AddLink(TarEntry entry, SafeFileHandle parent, string name)
    {
        string target = TreePath.Clean(entry.HardLink!);
        (string directory, string targetName) = TreePath.Split(start.Length == 1 ? target : start + target);
        using (SafeFileHandle? targetParent = Files.TryOpenInRoot(
            root, TreePath.Relative(directory), Libc.O_RDONLY | Libc.O_DIRECTORY, out _))
        {
            if (targetParent is not null && Files.TryStatus(targetParent, targetName) is { IsDirectory: false, IsWhiteout: false })
            {
                Files.Link(targetParent, targetName, parent, name);
                return;
            }
        }
        if (Below is null || !(Below.Files.TryLink(target, parent, name) || Below.Files.TryCopy(target, parent, name)))
        {
            throw new BuildException(
                ErrorKind.Input, "unpack", entry.Path, $"it is a hard link to {entry.HardLink}, which does not exist");
        }
    }

    // Owner, mode, attributes and times of what was made by name.
    private void Finish(TarEntry entry, SafeFileHandle parent, string name, string path)
    {
        RootedTree.Apply(parent, name, entry.Kind, new FileChange { Owner = Owner ?? entry.Owner, Mode = entry.Mode });
        foreach ((string attribute, byte[] value) in Attributes(entry))
        {
            CheckAttribute(Files.TrySetAttribute(parent, name, attribute, value), attribute, name, entry.Kind);
        }
        if (entry.Kind == FileKind.Directory)
        {
            _directoryTimes[path] = Times(entry);
        }
        else
        {
            Files.SetTimes(parent, name, Times(entry));
        }
    }

    private static IEnumerable<KeyValuePair<string, byte[]>> Attributes(TarEntry entry) =>
        // An archive that could set overlay's marks could make other files show through.
        entry.Attributes.Where(static pair => TreeAttributes.IsPortable(pair.Key));

    // What the filesystem or the kind of file cannot have is left out, as every container runtime does.
    private static void CheckAttribute(int errno, string attribute, string name, FileKind kind)
    {
        bool isLeftOut = errno is Errno.EOPNOTSUPP || (errno == Errno.EPERM && kind is not (FileKind.Regular or FileKind.Directory));
        if (errno != 0 && !isLeftOut)
        {
            throw new NativeException("setxattr", $"{name} ({attribute})", errno);
        }
    }

    private FileTimes Times(TarEntry entry) => Timestamp is { } fixedTime
        ? new FileTimes(fixedTime)
        : new FileTimes(entry.AccessedNanoseconds ?? entry.ModifiedNanoseconds, entry.ModifiedNanoseconds);
}
