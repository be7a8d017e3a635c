using Cairn.Snapshotter.Native;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Snapshotter.Trees;

/// <summary>This part: what changes the tree.</summary>
public sealed partial class RootedTree
{
    /// <summary>Makes a directory. An existing directory, or a link to one, is left as it is.</summary>
    /// <param name="path">Absolute path in the tree.</param>
    /// <param name="mode">Permission bits, exactly; the process's umask has no part in it.</param>
    /// <param name="owner">Owner and group.</param>
    /// <param name="times">Times; null leaves the clock's.</param>
    /// <param name="parents">Whether missing parents are made too, all with the same metadata.</param>
    /// <returns>Paths that were made, parents first.</returns>
    /// <exception cref="NativeException">A part of the path is something else (ENOTDIR), or a parent is missing (ENOENT).</exception>
    public IReadOnlyList<string> MakeDirectory(string path, uint mode, FileOwner owner, FileTimes? times, bool parents)
    {
        string resolved = Resolve(path, followLast: true);
        var missing = new Stack<string>();
        string existing = resolved;
        while (Status(existing, followLinks: false) is not { } status || !status.IsDirectory)
        {
            if (Status(existing, followLinks: false) is not null)
            {
                throw new NativeException("mkdir", existing, Errno.ENOTDIR).At(existing);
            }
            missing.Push(existing);
            existing = TreePath.Split(existing).Directory;
        }
        if (missing.Count > 1 && !parents)
        {
            throw new NativeException("mkdir", resolved, Errno.ENOENT).At(resolved);
        }
        var made = new List<string>();
        var change = new FileChange { Owner = owner, Mode = mode, Times = times };
        while (missing.TryPop(out string? next))
        {
            InParent(next, (parent, name) =>
            {
                Files.MakeDirectory(parent, name, 0x1c0);   // 0700 until the owner is right
                using SafeFileHandle directory = Files.OpenAt(parent, name, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
                Apply(directory, change);
            });
            made.Add(next);
        }
        if (times is { } wanted)
        {
            foreach (string directory in made)   // a child made later has changed its parent's time
            {
                InParent(directory, (parent, name) => Files.SetTimes(parent, name, wanted));
            }
        }
        return made;
    }

    /// <summary>Writes a file as a whole: creates it, or replaces the content of the file that the path leads to.</summary>
    /// <param name="path">Absolute path in the tree; its directory must exist; a link at its end is followed.</param>
    /// <param name="content">All bytes of the file.</param>
    /// <param name="mode">Permission bits of a new file; an existing one keeps its own.</param>
    /// <param name="owner">Owner and group; null leaves those of an existing file, and 0:0 for a new one.</param>
    /// <param name="times">Times; null leaves the clock's.</param>
    public void WriteFile(string path, ReadOnlySpan<byte> content, uint mode, FileOwner? owner, FileTimes? times)
    {
        using Stream stream = OpenWrite(path, mode, owner);
        stream.Write(content);
        stream.Flush();
        if (times is { } wanted)
        {
            Files.SetTimes(((FileStream)stream).SafeFileHandle, wanted);
        }
    }

    /// <summary>Opens a file to write it from the start, as <see cref="WriteFile"/>; the caller disposes the stream.</summary>
    public Stream OpenWrite(string path, uint mode, FileOwner? owner)
    {
        string resolved = Resolve(path, followLast: true);
        return InParent(resolved, (parent, name) =>
        {
            FileStatus? existing = Files.TryStatus(parent, name);
            if (existing is not null && !existing.IsRegular)
            {
                throw new NativeException("write", name, existing.IsDirectory ? Errno.EISDIR : Errno.EEXIST);
            }
            Separate(parent, name, existing);
            SafeFileHandle file = Files.OpenAt(
                parent, name, Libc.O_WRONLY | Libc.O_NOFOLLOW | (existing is null ? Libc.O_CREAT | Libc.O_EXCL : Libc.O_TRUNC), mode);
            try
            {
                Apply(file, new FileChange { Owner = owner, Mode = existing is null ? mode : null });
                return new FileStream(file, FileAccess.Write, bufferSize: 0);
            }
            catch
            {
                file.Dispose();
                throw;
            }
        });
    }

    /// <summary>Makes a symbolic link; an existing name is an error (EEXIST).</summary>
    /// <param name="path">Where the link lies; its directory must exist.</param>
    /// <param name="target">What it says; taken as it is.</param>
    /// <param name="owner">Owner and group of the link.</param>
    /// <param name="times">Times of the link; null leaves the clock's.</param>
    public void MakeSymlink(string path, string target, FileOwner owner, FileTimes? times) => InParent(path, (parent, name) =>
    {
        Files.MakeSymlink(parent, name, target);
        Apply(parent, name, FileKind.Symlink, new FileChange { Owner = owner, Times = times });
    });

    /// <summary>Gives the file at <paramref name="existing"/> a second name; a link at its end is not followed.</summary>
    public void MakeHardLink(string path, string existing) => InParent(existing, (from, oldName) =>
        InParent(path, (to, newName) =>
        {
            Separate(from, oldName, Files.Status(from, oldName));
            Files.Link(from, oldName, to, newName);
        }));

    /// <summary>Makes a device node, a named pipe or a socket.</summary>
    /// <param name="path">Where; its directory must exist.</param>
    /// <param name="kind">Which.</param>
    /// <param name="mode">Permission bits.</param>
    /// <param name="owner">Owner and group.</param>
    /// <param name="deviceMajor">Major number of a device.</param>
    /// <param name="deviceMinor">Minor number of a device.</param>
    public void MakeNode(string path, FileKind kind, uint mode, FileOwner owner, ulong deviceMajor, ulong deviceMinor) =>
        InParent(path, (parent, name) =>
        {
            Files.MakeNode(parent, name, kind, mode, deviceMajor, deviceMinor);
            Apply(parent, name, kind, new FileChange { Owner = owner, Mode = mode });
        });

    /// <summary>Removes a path; a link at its end is removed, not followed.</summary>
    /// <param name="path">Absolute path in the tree.</param>
    /// <param name="recursive">Whether a directory goes with all its content; else it must be empty.</param>
    /// <returns>False if there was nothing.</returns>
    /// <exception cref="NativeException">It is the root (EBUSY), or not empty.</exception>
    public bool Remove(string path, bool recursive)
    {
        if (Status(path, followLinks: false) is not { } status)
        {
            return false;
        }
        InParent(path, (parent, name) =>
        {
            if (name == ".")
            {
                throw new NativeException("remove", name, Errno.EBUSY);
            }
            if (recursive)
            {
                Files.RemoveTree(parent, name, CancellationToken.None);
            }
            else if (status.IsDirectory)
            {
                Files.RemoveDirectory(parent, name);
            }
            else
            {
                Files.Unlink(parent, name);
            }
        });
        return true;
    }

    /// <summary>Changes metadata.</summary>
    /// <param name="path">Absolute path in the tree.</param>
    /// <param name="change">What to change.</param>
    /// <param name="followLinks">Whether a link at the end is followed, or changed itself.</param>
    public void SetMetadata(string path, FileChange change, bool followLinks) =>
        InParent(followLinks ? Resolve(path, followLast: true) : path, (parent, name) =>
        {
            FileStatus status = Files.Status(parent, name);
            Separate(parent, name, status);
            Apply(parent, name, status.Kind, change);
        });

    /// <summary>Sets an extended attribute without following a link at the end of the path.</summary>
    public void SetAttribute(string path, string attribute, ReadOnlySpan<byte> value)
    {
        byte[] copy = value.ToArray();
        InParent(path, (parent, name) =>
        {
            Separate(parent, name, Files.Status(parent, name));
            Files.SetAttribute(parent, name, attribute, copy);
        });
    }

    // A layer's file must not be changed through a name that it has here: the name gets a file of its own first.
    private void Separate(SafeFileHandle parent, string name, FileStatus? status)
    {
        if (status is { IsRegular: true, LinkCount: > 1 } && Shares is not null && Shares.NamesOf(status.Inode) > 0)
        {
            string temporary = ".cairn-" + Guid.NewGuid().ToString("N");
            FileCopy.Copy(parent, name, status, parent, temporary);
            Files.Replace(parent, temporary, parent, name);
        }
    }

    // Owner before mode: changing the owner clears setuid and setgid.
    internal static void Apply(SafeFileHandle file, FileChange change)
    {
        if (change.Owner is { } owner)
        {
            Files.SetOwner(file, owner);
        }
        if (change.Mode is { } mode)
        {
            Files.SetMode(file, mode);
        }
        if (change.Times is { } times)
        {
            Files.SetTimes(file, times);
        }
    }

    internal static void Apply(SafeFileHandle parent, string name, FileKind kind, FileChange change)
    {
        if (change.Owner is { } owner)
        {
            Files.SetOwner(parent, name, owner);
        }
        if (change.Mode is { } mode && kind != FileKind.Symlink)
        {
            Files.SetMode(parent, name, mode);
        }
        if (change.Times is { } times)
        {
            Files.SetTimes(parent, name, times);
        }
    }
}
