using Cairn.Llb.Matching;
using Cairn.Llb;
using Cairn.Snapshotter.Trees;

namespace Cairn.Snapshotter.Locals;

/// <summary>Turns paths that are wanted into patterns for them and for everything that symbolic links lead them to.</summary>
/// <remarks>Source: session.md, section 9, <c>followpaths</c>.</remarks>
internal sealed class FollowPathsResolver
{
    private readonly RootedTree _tree;
    private readonly HashSet<string> _found = new(StringComparer.Ordinal);

    private FollowPathsResolver(RootedTree tree) => _tree = tree;

    /// <summary>Include patterns, sorted, none below another.</summary>
    /// <returns>Empty if the root itself is wanted: then nothing is left out.</returns>
    public static IReadOnlyList<string> Resolve(RootedTree tree, IReadOnlyList<string> paths)
    {
        var resolver = new FollowPathsResolver(tree);
        foreach (string path in paths)
        {
            resolver.Follow(path);
        }

        return resolver._found.Contains("") ? [] : Outermost(resolver._found);
    }

    /// <summary>Sorted, without those below another.</summary>
    public static List<string> Outermost(IEnumerable<string> paths)
    {
        var kept = new List<string>();
        foreach (string path in paths.OrderBy(path => path, StringComparer.Ordinal).Distinct(StringComparer.Ordinal))
        {
            if (!kept.Any(above => path.StartsWith(above + "/", StringComparison.Ordinal)))
            {
                kept.Add(path);
            }
        }

        return kept;
    }

    private void Follow(string path)
    {
        string[] parts = Relative(path).Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length == 0)
        {
            _found.Add("");
            return;
        }

        string current = "";
        for (int i = 0; i < parts.Length; i++)
        {
            current = current.Length == 0 ? parts[i] : current + "/" + parts[i];
            List<string>? targets = Targets(current, allowWildcard: true);
            bool last = i == parts.Length - 1;
            if (targets is null && !last)
            {
                continue;
            }

            if (!_found.Add(current) || targets is null)
            {
                return;   // seen before, which ends circles of links too; or there is no further link
            }

            string rest = string.Join('/', parts.Skip(i + 1));
            foreach (string target in targets)
            {
                Follow(target + "/" + rest);
            }

            return;
        }
    }

    /// <summary>Where the links that a path, perhaps with a wildcard in its last part, stands for lead; null if it stands for none.</summary>
    private List<string>? Targets(string path, bool allowWildcard)
    {
        int slash = path.LastIndexOf('/');
        string directory = slash < 0 ? "" : path[..slash];
        string name = path[(slash + 1)..];
        if (allowWildcard && GoPathMatch.HasWildcard(name))
        {
            return IsDirectory(directory) && GoPathMatch.IsWellFormed(name)
                ? Some([.. _tree.List("/" + directory)
                    .Where(entry => GoPathMatch.IsMatch(name, entry.Name))
                    .SelectMany(entry => Targets(entry.Path[1..], allowWildcard: false) ?? [])])
                : null;
        }

        if (_tree.Status("/" + path, followLinks: false) is not { IsSymlink: true })
        {
            return null;
        }

        string link = _tree.ReadLink("/" + path);
        return [Relative(link.StartsWith('/') ? link : directory + "/" + link)];
    }

    private static List<string>? Some(List<string> targets) => targets.Count > 0 ? targets : null;

    private bool IsDirectory(string path) => _tree.Status("/" + path, followLinks: true) is { IsDirectory: true };

    /// <summary>Clean, relative to the root; <c>..</c> does not lead out of it.</summary>
    private static string Relative(string path) => UnixPath.Clean("/" + path)[1..];
}
