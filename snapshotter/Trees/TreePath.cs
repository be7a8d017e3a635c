using System.Text;

namespace Cairn.Snapshotter.Trees;

/// <summary>Arithmetic on absolute paths in a tree. Paths are cleaned as text: <c>a/../b</c> is <c>/b</c>, and nothing rises above the root.</summary>
public static class TreePath
{
    /// <summary>The root of every tree.</summary>
    public const string Root = "/";

    /// <summary>The absolute path without empty, <c>.</c> and <c>..</c> parts and without a slash at the end.</summary>
    public static string Clean(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (IsClean(path))
        {
            return path;
        }
        var parts = new List<string>();
        foreach (string part in path.Split('/'))
        {
            switch (part)
            {
                case "" or ".":
                    break;
                case "..":
                    if (parts.Count > 0)
                    {
                        parts.RemoveAt(parts.Count - 1);
                    }
                    break;
                default:
                    parts.Add(part);
                    break;
            }
        }
        var text = new StringBuilder(path.Length + 1);
        foreach (string part in parts)
        {
            text.Append('/').Append(part);
        }
        return text.Length == 0 ? Root : text.ToString();
    }

    /// <summary>The path of <paramref name="name"/> in a directory; both are taken as clean.</summary>
    public static string Join(string directory, string name) =>
        directory.Length == 1 ? "/" + name : directory + "/" + name;

    /// <summary>Directory and last part of a path; the root gives itself and an empty name.</summary>
    public static (string Directory, string Name) Split(string path)
    {
        string clean = Clean(path);
        int slash = clean.LastIndexOf('/');
        return slash == 0 ? (Root, clean[1..]) : (clean[..slash], clean[(slash + 1)..]);
    }

    /// <summary>The path as seen from the root's descriptor, for <c>*at</c> calls.</summary>
    internal static string Relative(string clean) => clean.Length == 1 ? "." : clean[1..];

    private static bool IsClean(string path)
    {
        if (path.Length == 0 || path[0] != '/')
        {
            return false;
        }
        if (path.Length == 1)
        {
            return true;
        }
        int start = 1;
        for (int i = 1; i <= path.Length; i++)
        {
            if (i < path.Length && path[i] != '/')
            {
                continue;
            }
            int length = i - start;
            if (length == 0 || (path[start] == '.' && (length == 1 || (length == 2 && path[start + 1] == '.'))))
            {
                return false;
            }
            start = i + 1;
        }
        return true;
    }
}
