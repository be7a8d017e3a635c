using Cairn.Snapshotter.Trees;

namespace Cairn.Cache.Checksums;

/// <summary>The files that selectors take of a tree whose digests are known.</summary>
internal static class ContentListing
{
    /// <summary>Each file once, in path order.</summary>
    /// <param name="root">The tree; its selected files have been read.</param>
    /// <param name="selectors">What counts; none stands for everything.</param>
    /// <param name="cancellationToken">Stops the walk.</param>
    public static IReadOnlyList<ContentFile> Of(TreeNode root, IReadOnlyList<ContentSelector> selectors, CancellationToken cancellationToken)
    {
        var files = new SortedDictionary<string, ContentFile>(StringComparer.Ordinal);
        foreach (ContentSelector selector in selectors.Count == 0 ? [new ContentSelector(TreePath.Root, followLinks: false)] : selectors)
        {
            if (selector.IsPlain)
            {
                if (TreeLookup.TryFind(root, TreePath.Clean(selector.Path), selector.FollowLinks) is { } found)
                {
                    AddAll(files, found.Node, found.Path, cancellationToken);
                }

                continue;
            }

            foreach (SelectedEntry entry in TreeSelection.Collect(root, selector, cancellationToken).Entries)
            {
                if (entry.IsTop && selector.FollowLinks && entry.Node.Kind == FileKind.Symlink
                    && TreeLookup.TryFind(root, entry.Path, followLast: true) is { } target)
                {
                    AddAll(files, target.Node, target.Path, cancellationToken);
                }
                else
                {
                    Add(files, entry.Node, entry.Location);
                }
            }
        }

        return [.. files.Values];
    }

    private static void AddAll(SortedDictionary<string, ContentFile> files, TreeNode node, string path, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Add(files, node, path);
        foreach (TreeNode child in node.Children)
        {
            AddAll(files, child, TreePath.Join(path, child.Name), cancellationToken);
        }
    }

    private static void Add(SortedDictionary<string, ContentFile> files, TreeNode node, string path)
    {
        if (node.Record is { } hash)
        {
            files.TryAdd(path, new ContentFile
            {
                Path = path, Kind = node.Kind, Mode = node.Mode, Uid = node.Uid, Gid = node.Gid, Size = node.Size,
                LinkTarget = node.LinkTarget, Hash = hash,
            });
        }
    }
}
