using Cairn.Llb.Matching;
using Cairn.Snapshotter.Trees;

namespace Cairn.Cache.Checksums;

/// <summary>The entries that a selector with a wildcard or patterns takes, in path order.</summary>
internal sealed class TreeSelection
{
    private readonly PatternMatcher? _include;
    private readonly PatternMatcher? _exclude;
    private readonly List<SelectedEntry> _entries = [];
    private readonly CancellationToken _cancellationToken;

    private TreeSelection(ContentSelector selector, CancellationToken cancellationToken)
    {
        _include = selector.Include.Count == 0 ? null : new PatternMatcher(selector.Include);
        _exclude = selector.Exclude.Count == 0 ? null : new PatternMatcher(selector.Exclude);
        _cancellationToken = cancellationToken;
    }

    /// <summary>Collects what is selected.</summary>
    /// <returns>The entries, without the root's own header, and the part of their paths that is cut off in the digest.</returns>
    public static (List<SelectedEntry> Entries, string Prefix) Collect(TreeNode root, ContentSelector selector, CancellationToken cancellationToken)
    {
        var selection = new TreeSelection(selector, cancellationToken);
        string prefix;
        if (selector.Wildcard)
        {
            string pattern = selector.Path.StartsWith('/') ? selector.Path : "/" + selector.Path;
            prefix = FixedPrefix(pattern);
            if (TreeLookup.TryFind(root, prefix, followLast: true) is { } start)
            {
                selection.Match(pattern, start.Node, prefix, start.Path);
            }
        }
        else
        {
            prefix = TreePath.Clean(selector.Path);
            (TreeNode node, string location) = TreeLookup.Find(root, prefix, followLast: false);
            selection.Take(node, prefix, location, "", [], isTop: true, null, null);
        }
        selection._entries.RemoveAll(entry => entry.Path == TreePath.Root);
        return (selection._entries, prefix);
    }

    private static string FixedPrefix(string pattern)
    {
        string[] parts = pattern.Split('/');
        int count = Array.FindIndex(parts, GoPathMatch.HasWildcard);
        return TreePath.Clean(string.Join('/', count < 0 ? parts : parts[..count]));
    }

    private void Match(string pattern, TreeNode directory, string path, string location)
    {
        _cancellationToken.ThrowIfCancellationRequested();
        foreach (TreeNode child in directory.Children)
        {
            string childPath = TreePath.Join(path, child.Name);
            string childLocation = TreePath.Join(location, child.Name);
            if (GoPathMatch.IsMatch(pattern, childPath))
            {
                Take(child, childPath, childLocation, "", [], isTop: true, null, null);
            }
            else if (child.IsDirectory)
            {
                Match(pattern, child, childPath, childLocation);
            }
        }
    }

    // Parents are taken late: only when something below them is.
    private void Take(
        TreeNode node, string path, string location, string relative, List<SelectedEntry> waiting, bool isTop,
        PatternMatch? includeAbove, PatternMatch? excludeAbove)
    {
        _cancellationToken.ThrowIfCancellationRequested();
        PatternMatch? include = _include?.Match(relative, includeAbove);
        PatternMatch? exclude = _exclude?.Match(relative, excludeAbove);
        var entry = new SelectedEntry(path, location, node, isTop);
        bool taken = (include?.IsMatch ?? true) && !(exclude?.IsMatch ?? false);
        if (taken)
        {
            _entries.AddRange(waiting);
            waiting.Clear();
            _entries.Add(entry);
        }
        if (!node.IsDirectory)
        {
            return;
        }
        if (!taken)
        {
            waiting.Add(entry);
        }
        foreach (TreeNode child in node.Children)
        {
            Take(
                child, TreePath.Join(path, child.Name), TreePath.Join(location, child.Name),
                relative.Length == 0 ? child.Name : relative + "/" + child.Name, waiting, isTop: false,
                relative.Length == 0 ? null : include, relative.Length == 0 ? null : exclude);
        }
        waiting.Remove(entry);
    }
}
