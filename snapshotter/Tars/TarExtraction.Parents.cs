using Cairn.Llb;
using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Native;
using Cairn.Snapshotter.Trees;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Snapshotter.Tars;

/// <summary>This part: directories that members lie in, and whiteouts.</summary>
internal sealed partial class TarExtraction
{
    // The handle stays ours and is good until the next call.
    private SafeFileHandle Parent(string path)
    {
        if (_parentPath == path)
        {
            return _parent!;
        }
        SafeFileHandle? directory = Files.TryOpenInRoot(root, TreePath.Relative(path), Libc.O_RDONLY | Libc.O_DIRECTORY, out int errno)
            ?? (errno is Errno.ENOENT or Errno.ENOTDIR ? MakeParents(path) : throw new NativeException("open", path, errno));
        _parent?.Dispose();
        (_parent, _parentPath) = (directory, path);
        return directory;
    }

    // A member's directory need not have a member of its own.
    private SafeFileHandle MakeParents(string path)
    {
        SafeFileHandle current = Files.OpenAt(root, ".", Libc.O_RDONLY | Libc.O_DIRECTORY);
        try
        {
            string prefix = "";
            foreach (string part in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
            {
                prefix += "/" + part;
                FileStatus? status = Files.TryStatus(current, part);
                if (status is null || (status.IsWhiteout && Below is not null))
                {
                    MakeImplied(current, part, prefix, status);
                }
                SafeFileHandle next = Files.TryOpenInRoot(
                    root, TreePath.Relative(prefix), Libc.O_RDONLY | Libc.O_DIRECTORY, out int errno)
                    ?? throw new NativeException("open directory", prefix, errno);
                current.Dispose();
                current = next;
            }
            return current;
        }
        catch
        {
            current.Dispose();
            throw;
        }
    }

    // In a layer it repeats the directory below, if there is one, because it covers it.
    private void MakeImplied(SafeFileHandle parent, string name, string path, FileStatus? existing)
    {
        AddDirectory(parent, name, existing);
        FileStatus? below = existing is null && Below is not null ? Below.Files.TryStatus(path) : null;
        if (below is not { IsDirectory: true })
        {
            RootedTree.Apply(parent, name, FileKind.Directory, new FileChange { Owner = Owner ?? FileOwner.Root, Mode = 0x1ed });
            _directoryTimes[path] = new FileTimes(Timestamp ?? 0);
            return;
        }
        RootedTree.Apply(
            parent, name, FileKind.Directory, new FileChange { Owner = new FileOwner(below.Uid, below.Gid), Mode = below.Mode });
        foreach ((string attribute, byte[] value) in Below!.Files.Attributes(path))
        {
            Files.SetAttribute(parent, name, attribute, value);
        }
        _directoryTimes[path] = new FileTimes(below.AccessedNanoseconds, below.ModifiedNanoseconds);
    }

    // Whiteouts speak of the layers below only: what this layer has under the name stays.
    private void AddMark(string directory, string name, string path)
    {
        if (name == TarTree.OpaqueName)
        {
            SafeFileHandle opaque = Parent(directory);
            int errno = Files.TrySetAttribute(opaque, TreeAttributes.Opaque, "y"u8);
            if (errno != 0)
            {
                throw new NativeException("setxattr", TreeAttributes.Opaque, errno);
            }
            return;
        }
        if (path.Contains("/.wh..wh.", StringComparison.Ordinal))
        {
            return;   // bookkeeping of aufs
        }
        string target = name[TarTree.WhiteoutPrefix.Length..];
        if (target is "" or "." or "..")
        {
            throw new BuildException(ErrorKind.Input, "unpack", path, "it marks nothing as deleted");
        }
        SafeFileHandle parent = Parent(directory);
        switch (Files.TryStatus(parent, target))
        {
            case null:
                Files.MakeWhiteout(parent, target);
                LayerCanonicalizer.MarkWhiteouts(parent);
                break;
            case { IsDirectory: true }:
                Files.SetAttribute(parent, target, TreeAttributes.Opaque, "y"u8);
                break;
            default:
                break;   // the file hides what is below anyway
        }
    }

    // The handle kept may be of a directory that was just removed.
    private void Forget(string path, FileStatus removed)
    {
        if (removed.IsDirectory && _parentPath is not null
            && (_parentPath == path || _parentPath.StartsWith(path + "/", StringComparison.Ordinal)))
        {
            _parent?.Dispose();
            (_parent, _parentPath) = (null, null);
        }
    }
}
