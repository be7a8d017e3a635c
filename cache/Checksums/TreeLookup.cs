using Cairn.Llb;
using Cairn.Snapshotter.Trees;

namespace Cairn.Cache.Checksums;

/// <summary>Finds paths in a tree; symbolic links lead from the root and never out of it.</summary>
internal static class TreeLookup
{
    private const int MaxLinks = 255;

    /// <summary>The node of a path, and its path without links.</summary>
    /// <param name="root">The tree.</param>
    /// <param name="path">Absolute and clean.</param>
    /// <param name="followLast">Whether the last part is followed too.</param>
    /// <exception cref="BuildException">Input: nothing is there, or the links go in circles.</exception>
    public static (TreeNode Node, string Path) Find(TreeNode root, string path, bool followLast) =>
        TryFind(root, path, followLast) ?? throw NotFound(path);

    /// <summary>As <see cref="Find"/>; null if nothing is there.</summary>
    public static (TreeNode Node, string Path)? TryFind(TreeNode root, string path, bool followLast)
    {
        var todo = new Stack<string>(path.Split('/').Reverse());
        var nodes = new Stack<TreeNode>([root]);
        List<string> names = [];
        int links = 0;
        while (todo.TryPop(out string? name))
        {
            if (name is "" or ".")
            {
                continue;
            }
            if (name == "..")
            {
                if (names.Count > 0)
                {
                    names.RemoveAt(names.Count - 1);
                    nodes.Pop();
                }
                continue;
            }
            if (nodes.Peek().Child(name) is not { } node)
            {
                return null;
            }
            if (node.Kind == FileKind.Symlink && (followLast || todo.Any(rest => rest.Length > 0)))
            {
                if (++links > MaxLinks)
                {
                    throw new BuildException(ErrorKind.Input, "", "", "too many links");
                }
                if (node.LinkTarget.StartsWith('/'))
                {
                    names.Clear();
                    nodes = new Stack<TreeNode>([root]);
                }
                foreach (string part in node.LinkTarget.Split('/').Reverse())
                {
                    todo.Push(part);
                }
                continue;
            }
            names.Add(name);
            nodes.Push(node);
        }
        return (nodes.Peek(), "/" + string.Join('/', names));
    }

    public static BuildException NotFound(string path) => new(ErrorKind.Input, "", $"\"{path}\"", "not found");
}
