using Cairn.Snapshotter.Native;

namespace Cairn.Cache.Checksums;

/// <summary>Lays the tree of a layer's changes over another tree, as a mount would. What only one side has is shared, not copied.</summary>
internal static class TreeMerge
{
    /// <summary>The tree that shows with <paramref name="upper"/> on top.</summary>
    public static TreeNode Over(TreeNode? lower, TreeNode upper)
    {
        if (lower is null || !upper.IsDirectory || !lower.IsDirectory || upper.IsOpaque)
        {
            return Visible(upper);
        }
        if (upper.Children.Length == 0)
        {
            return upper.WithChildren(lower.Children);
        }
        List<TreeNode> children = new(Math.Max(lower.Children.Length, upper.Children.Length));
        int below = 0;
        int above = 0;
        while (below < lower.Children.Length || above < upper.Children.Length)
        {
            int order = below == lower.Children.Length ? 1
                : above == upper.Children.Length ? -1
                : PathText.Compare(lower.Children[below].Name, upper.Children[above].Name);
            if (order < 0)
            {
                children.Add(lower.Children[below++]);
                continue;
            }
            TreeNode? hidden = order == 0 ? lower.Children[below++] : null;
            TreeNode change = upper.Children[above++];
            if (!change.IsWhiteout)
            {
                children.Add(Over(hidden, change));
            }
        }
        return upper.WithChildren([.. children]);
    }

    // A layer alone: its marks have nothing to act on and do not show.
    private static TreeNode Visible(TreeNode node) => !node.HasMarks
        ? node
        : node.WithChildren([.. node.Children.Where(child => !child.IsWhiteout).Select(Visible)]);
}
