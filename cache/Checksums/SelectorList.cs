using System.Text.Json;
using Cairn.Snapshotter.Native;
using Cairn.Snapshotter.Trees;

namespace Cairn.Cache.Checksums;

/// <summary>Order and names of selectors.</summary>
internal static class SelectorList
{
    /// <summary>Without plain paths that lie below another plain path of the same kind; the rest by path.</summary>
    public static IReadOnlyList<ContentSelector> Deduplicate(IReadOnlyList<ContentSelector> selectors)
    {
        List<ContentSelector> kept = [];
        foreach (ContentSelector selector in selectors)
        {
            string path = TreePath.Clean(selector.Path);
            bool covered = selector.IsPlain && selectors.Any(other =>
                other.IsPlain && other.FollowLinks == selector.FollowLinks && IsBelow(path, TreePath.Clean(other.Path)));
            bool repeated = kept.Exists(other => Name(other) == Name(selector));
            if (!covered && !repeated)
            {
                kept.Add(selector);
            }
        }
        return [.. kept.OrderBy(selector => TreePath.Clean(selector.Path), PathText.ByteOrder)];
    }

    /// <summary>A name for what a selector takes; equal selectors have equal names.</summary>
    public static string Name(ContentSelector selector) => JsonSerializer.Serialize<string[]>(
    [
        selector.Wildcard ? selector.Path : TreePath.Clean(selector.Path),
        (selector.FollowLinks ? "f" : "") + (selector.Wildcard ? "w" : ""),
        string.Join('\0', selector.Include), string.Join('\0', selector.Exclude), string.Join('\0', selector.Required),
    ]);

    private static bool IsBelow(string path, string other) =>
        path != other && (other.Length == 1 || path.StartsWith(other + "/", StringComparison.Ordinal));
}
