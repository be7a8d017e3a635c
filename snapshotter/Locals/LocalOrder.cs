using Cairn.Llb;
using Cairn.Snapshotter.Native;

namespace Cairn.Snapshotter.Locals;

/// <summary>Checks what a peer sends: clean relative paths, ascending, each directory before its content, links only to what was sent.</summary>
/// <param name="name">What is received, for errors.</param>
/// <remarks>Source: session.md, section 8.2. Nothing that passes can be written outside of the directory it is meant for.</remarks>
public sealed class LocalOrder(string name)
{
    private readonly Stack<Level> _levels = new([new Level("")]);
    private readonly HashSet<string> _linkable = new(StringComparer.Ordinal);

    /// <summary>Takes the next entry.</summary>
    /// <exception cref="BuildException">Environment: the peer does not keep to the rules.</exception>
    public void Check(LocalEntry entry)
    {
        string path = entry.Path;
        int slash = path.LastIndexOf('/');
        string parent = slash < 0 ? "" : path[..slash];
        string last = path[(slash + 1)..];
        if (last is "" or "." or ".." || path[0] == '/' || path.Contains('\0', StringComparison.Ordinal))
        {
            throw Invalid(path, "invalid path");
        }

        while (_levels.Peek().Path != parent)
        {
            _levels.Pop();
            if (_levels.Count == 0)
            {
                throw Invalid(path, "changes out of order");   // no directory of this name was sent, or it has ended
            }
        }

        Level level = _levels.Peek();
        if (level.Last is { } before && PathText.Compare(before, last) >= 0)
        {
            throw Invalid(path, "changes out of order");
        }

        level.Last = last;
        if (entry.Status.IsDirectory)
        {
            _levels.Push(new Level(path));
        }
        else
        {
            CheckLink(entry);
        }
    }

    private void CheckLink(LocalEntry entry)
    {
        if (entry.Status.IsSymlink)
        {
            if (string.IsNullOrEmpty(entry.LinkTarget))
            {
                throw Invalid(entry.Path, "a symbolic link without target");
            }
        }
        else if (entry.LinkTarget is { Length: > 0 } target)
        {
            if (!_linkable.Contains(target))
            {
                throw Invalid(entry.Path, $"invalid link {entry.Path} to unknown path: {target}");
            }
        }
        else if (entry.Status.IsRegular && entry.Status.LinkCount != 1)
        {
            _linkable.Add(entry.Path);
        }
    }

    private BuildException Invalid(string path, string reason) =>
        new(ErrorKind.Environment, "receive files of", $"{name}: {path}", reason, "The sender is at fault; use another version of it.");

    private sealed class Level(string path)
    {
        public string Path => path;

        /// <summary>The last name that was sent in this directory.</summary>
        public string? Last { get; set; }
    }
}
