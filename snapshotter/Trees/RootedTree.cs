using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Native;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Snapshotter.Trees;

/// <summary>
/// A directory tree that is reached through a descriptor of its root. Every path is absolute in the tree and is resolved by the kernel as if
/// the root were <c>/</c>: no symbolic link and no <c>..</c> leads out.
/// </summary>
/// <remarks>
/// Paths are cleaned as text first (<see cref="TreePath.Clean"/>). Links in the directory part are followed; the last part is followed
/// only where a method says so. Failures are <see cref="NativeException"/>s that name the path in the tree. Reading is safe from several
/// threads; so are changes of different paths.
/// </remarks>
public sealed partial class RootedTree : IDisposable
{
    private readonly SafeFileHandle _root;

    internal RootedTree(SafeFileHandle root) => _root = root;

    /// <summary>A tree over a directory of the host.</summary>
    /// <exception cref="NativeException">It is absent or not a directory.</exception>
    public static RootedTree Open(string hostDirectory) => new(Files.OpenDirectory(hostDirectory));

    /// <summary>The one layer that this read-only mount shows, and its directory; null if it shows several or is no mount.</summary>
    internal (LayerId Id, string Directory)? Layer { get; init; }

    /// <summary>Files here that are hard links to a layer's; null where there can be none.</summary>
    internal SharedFiles? Shares { get; init; }

    /// <summary>The directory of the host that takes everything new in this mount; null if it is no mount or read-only.</summary>
    internal string? Upper { get; init; }

    /// <summary>Descriptor of the root; the tree owns it.</summary>
    internal SafeFileHandle Root => _root;

    /// <summary>Status of a path; null if there is nothing.</summary>
    /// <param name="path">Absolute path in the tree.</param>
    /// <param name="followLinks">Whether a symbolic link at the end is followed.</param>
    public FileStatus? Status(string path, bool followLinks)
    {
        using SafeFileHandle? file = TryOpenPath(path, followLinks ? 0 : Libc.O_NOFOLLOW);
        return file is null ? null : Files.Status(file);
    }

    /// <summary>Opens a regular file for reading; links are followed.</summary>
    public Stream OpenRead(string path) => OpenRead(path, out _);

    /// <summary>As <see cref="OpenRead(string)"/>, and tells the status of the file that was opened.</summary>
    public FileStream OpenRead(string path, out FileStatus status)
    {
        string clean = TreePath.Clean(path);
        // O_NONBLOCK: a named pipe in the tree must not hang us.
        SafeFileHandle file = Files.TryOpenInRoot(Root, TreePath.Relative(clean), Libc.O_RDONLY | Libc.O_NONBLOCK, out int errno)
            ?? throw new NativeException("open", clean, errno).At(clean);
        try
        {
            status = Files.Status(file);
            if (!status.IsRegular)
            {
                throw new NativeException("read", clean, status.IsDirectory ? Errno.EISDIR : Errno.EINVAL).At(clean);
            }
            return new FileStream(file, FileAccess.Read, bufferSize: 0);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Content of a regular file; null if there is nothing at the path. Links are followed.</summary>
    /// <param name="path">Absolute path in the tree.</param>
    /// <param name="limit">Most bytes to read; a longer file is an error.</param>
    public byte[]? TryReadFile(string path, long limit)
    {
        if (Status(path, followLinks: true) is null)
        {
            return null;
        }
        using Stream stream = OpenRead(path);
        if (stream.Length > limit)
        {
            throw new Llb.BuildException(
                Llb.ErrorKind.Input, "read", TreePath.Clean(path), $"the file has {stream.Length} bytes, more than {limit}");
        }
        byte[] content = new byte[stream.Length];
        stream.ReadExactly(content);
        return content;
    }

    /// <summary>Entries of a directory in byte order of their names; links in the path are followed.</summary>
    public IEnumerable<TreeEntry> List(string directory)
    {
        string clean = TreePath.Clean(directory);
        using SafeFileHandle handle = OpenDirectory(clean);
        foreach (string name in Files.Names(handle))
        {
            if (Files.TryStatus(handle, name) is { } status)   // null: it went away meanwhile
            {
                yield return new TreeEntry(TreePath.Join(clean, name), name, status);
            }
        }
    }

    /// <summary>Target of a symbolic link, as it is written.</summary>
    public string ReadLink(string path) => InParent(path, Files.ReadLink);

    /// <summary>Extended attributes of a path, without following a link at its end; overlay's own bookkeeping is left out.</summary>
    public IReadOnlyDictionary<string, byte[]> GetAttributes(string path) => InParent(path, TreeAttributes.Read);

    /// <summary>
    /// The path with every symbolic link replaced by where it leads within the tree; what does not exist is kept as it is written.
    /// </summary>
    /// <param name="path">Absolute path in the tree.</param>
    /// <param name="followLast">Whether a link at the end is replaced too.</param>
    /// <exception cref="NativeException">More than 40 links were met (ELOOP).</exception>
    public string Resolve(string path, bool followLast)
    {
        string resolved = TreePath.Root;
        var rest = new Stack<string>(path.Split('/').Reverse());
        int links = 0;
        while (rest.TryPop(out string? part))
        {
            switch (part)
            {
                case "" or ".":
                    continue;
                case "..":
                    resolved = TreePath.Split(resolved).Directory;
                    continue;
            }
            string next = TreePath.Join(resolved, part);
            bool isLast = rest.All(static other => other is "" or ".");
            if ((isLast && !followLast) || Status(next, followLinks: false) is not { IsSymlink: true })
            {
                resolved = next;
                continue;
            }
            if (++links > 40)   // as many as the kernel follows
            {
                throw new NativeException("resolve", path, Errno.ELOOP).At(path);
            }
            string target = ReadLink(next);
            if (target.StartsWith('/'))
            {
                resolved = TreePath.Root;
            }
            foreach (string further in target.Split('/').Reverse())
            {
                rest.Push(further);
            }
        }
        return resolved;
    }

    /// <summary>Closes the descriptor.</summary>
    public void Dispose() => _root.Dispose();

    /// <summary>A descriptor that can only be asked for status or used as the start of another path; null if there is nothing.</summary>
    internal SafeFileHandle? TryOpenPath(string path, int flags)
    {
        string clean = TreePath.Clean(path);
        SafeFileHandle? file = Files.TryOpenInRoot(Root, TreePath.Relative(clean), Libc.O_PATH | flags, out int errno);
        if (file is null && errno is not (Errno.ENOENT or Errno.ENOTDIR))
        {
            throw new NativeException("stat", clean, errno).At(clean);
        }
        return file;
    }

    /// <summary>Opens a directory for listing and for <c>*at</c> calls; links are followed.</summary>
    internal SafeFileHandle OpenDirectory(string path)
    {
        string clean = TreePath.Clean(path);
        return Files.TryOpenInRoot(Root, TreePath.Relative(clean), Libc.O_RDONLY | Libc.O_DIRECTORY, out int errno)
            ?? throw new NativeException("open", clean, errno).At(clean);
    }

    private T InParent<T>(string path, Func<SafeFileHandle, string, T> action)
    {
        (string directory, string name) = TreePath.Split(path);
        try
        {
            using SafeFileHandle parent = OpenDirectory(directory);
            return action(parent, name.Length == 0 ? "." : name);
        }
        catch (NativeException e)
        {
            throw e.At(TreePath.Clean(path));
        }
    }

    private void InParent(string path, Action<SafeFileHandle, string> action) => InParent(path, (parent, name) =>
    {
        action(parent, name);
        return true;
    });
}
