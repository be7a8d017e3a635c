using Cairn.Snapshotter.Native;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Snapshotter.Trees;

/// <summary>
/// Walks a tree: parents before children, siblings in byte order of their names, links not followed. A forward-only cursor:
/// <see cref="MoveNext"/>, then <see cref="Current"/>.
/// </summary>
/// <remarks>
/// One open descriptor per level. Names that vanish during the walk are left out. Not for use by several threads at once.
/// </remarks>
public sealed class TreeWalk : IDisposable
{
    private readonly Stack<Level> _levels = new();
    private readonly SafeFileHandle _start;
    private TreeEntry? _current;
    private bool _descend;

    /// <summary>Starts before the first entry, which is <paramref name="path"/> itself.</summary>
    /// <param name="tree">The tree; it must outlive the walk.</param>
    /// <param name="path">Where to start; links in it are followed.</param>
    public TreeWalk(RootedTree tree, string path)
    {
        ArgumentNullException.ThrowIfNull(tree);
        string clean = TreePath.Clean(path);
        _start = tree.TryOpenPath(clean, 0) ?? throw new NativeException("walk", clean, Errno.ENOENT).At(clean);
        Start = clean;
    }

    /// <summary>Where the walk starts.</summary>
    public string Start { get; }

    /// <summary>The entry that the last <see cref="MoveNext"/> found.</summary>
    public TreeEntry Current => _current ?? throw new InvalidOperationException("The walk has not begun.");

    /// <summary>Directory that holds the current entry, for <c>*at</c> calls with <see cref="TreeEntry.Name"/>; not for the start.</summary>
    internal SafeFileHandle Directory => _levels.Peek().Handle;

    /// <summary>Goes to the next entry; false after the last.</summary>
    public bool MoveNext()
    {
        if (_current is null)
        {
            _current = new TreeEntry(Start, TreePath.Split(Start).Name, Files.Status(_start));
            _descend = _current.Status.IsDirectory;
            return true;
        }
        if (_descend)
        {
            _descend = false;
            SafeFileHandle? child = _levels.Count == 0
                ? Files.OpenAt(_start, ".", Libc.O_RDONLY | Libc.O_DIRECTORY)
                : Files.TryOpenAt(Directory, _current.Name, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW, 0, out _);
            if (child is not null)
            {
                _levels.Push(new Level(child, _current.Path, Files.Names(child)));
            }
        }
        while (_levels.TryPeek(out Level? level))
        {
            while (level.Next < level.Names.Count)
            {
                string name = level.Names[level.Next++];
                if (Files.TryStatus(level.Handle, name) is { } status)
                {
                    _current = new TreeEntry(TreePath.Join(level.Path, name), name, status);
                    _descend = status.IsDirectory;
                    return true;
                }
            }
            _levels.Pop().Handle.Dispose();
        }
        return false;
    }

    /// <summary>Leaves out what is below the current directory.</summary>
    public void SkipContents() => _descend = false;

    /// <summary>Opens the current entry, a regular file, for reading.</summary>
    public SafeFileHandle OpenCurrent() => _levels.Count == 0
        ? Files.Open(Files.Through(_start, ""), Libc.O_RDONLY)
        : Files.OpenAt(Directory, Current.Name, Libc.O_RDONLY | Libc.O_NOFOLLOW | Libc.O_NONBLOCK);

    /// <summary>Target of the current entry, a symbolic link.</summary>
    public string ReadCurrentLink() => _levels.Count == 0
        ? Files.ReadLink(_start, "")
        : Files.ReadLink(Directory, Current.Name);

    /// <summary>Extended attributes of the current entry, without overlay's own bookkeeping.</summary>
    public IReadOnlyDictionary<string, byte[]> ReadCurrentAttributes() => _levels.Count == 0
        ? TreeAttributes.Read(_start, "")
        : TreeAttributes.Read(Directory, Current.Name);

    /// <summary>The current entry is a directory of a layer that hides what the layers below have there.</summary>
    public bool IsCurrentOpaque
    {
        get
        {
            if (!Current.Status.IsDirectory)
            {
                return false;
            }
            using SafeFileHandle directory = _levels.Count == 0
                ? Files.OpenAt(_start, ".", Libc.O_RDONLY | Libc.O_DIRECTORY)
                : Files.OpenAt(Directory, Current.Name, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
            return TreeAttributes.IsOpaque(directory);
        }
    }

    /// <summary>Closes every descriptor.</summary>
    public void Dispose()
    {
        while (_levels.TryPop(out Level? level))
        {
            level.Handle.Dispose();
        }
        _start.Dispose();
    }

    private sealed record Level(SafeFileHandle Handle, string Path, List<string> Names)
    {
        public int Next { get; set; }
    }
}
