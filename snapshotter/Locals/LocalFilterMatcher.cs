using Cairn.Llb.Matching;
using Cairn.Snapshotter.Trees;

namespace Cairn.Snapshotter.Locals;

/// <summary>Applies the filter of a local source during a walk.</summary>
/// <remarks>Source: session.md, section 9. Use: <see cref="Judge"/> for each entry in order, <see cref="Enter"/> for each directory that may hold something.</remarks>
internal sealed class LocalFilterMatcher
{
    private readonly PatternMatcher _include;
    private readonly PatternMatcher _exclude;
    private readonly List<Level> _levels = [];   // the directories above the current entry

    public LocalFilterMatcher(LocalFilter filter, RootedTree tree)
    {
        IReadOnlyList<string>? followed = filter.FollowPaths.Count > 0 ? FollowPathsResolver.Resolve(tree, filter.FollowPaths) : null;
        bool everything = filter.Include.Count == 0 && followed is null or { Count: 0 };
        _include = new PatternMatcher(everything ? [] : FollowPathsResolver.Outermost([.. filter.Include, .. followed ?? []]));
        _exclude = new PatternMatcher(filter.Exclude);
    }

    public FilterVerdict Judge(string path, bool isDirectory)
    {
        while (_levels.Count > 0 && !IsBelow(path, _levels[^1].Entry.Path))
        {
            _levels.RemoveAt(_levels.Count - 1);
        }

        Level? parent = _levels.Count > 0 ? _levels[^1] : null;
        PatternMatch? include = _include.IsEmpty ? null : _include.Match(path, parent?.Verdict.Include);
        PatternMatch? exclude = _exclude.IsEmpty ? null : _exclude.Match(path, parent?.Verdict.Exclude);
        bool included = include?.IsMatch ?? true;
        bool excluded = exclude?.IsMatch ?? false;
        bool descend = isDirectory
            && (included || _include.CanMatchBelow(path))
            && (!excluded || _exclude.CanBeTakenBackBelow(path));
        return new FilterVerdict(included && !excluded, descend, _levels.Count, include, exclude);
    }

    /// <summary>Remembers a directory until the walk has left it.</summary>
    public void Enter(LocalEntry directory, FilterVerdict verdict) => _levels.Add(new Level(directory, verdict));

    /// <summary>The directories down to the current entry that were not sent yet; the entry itself if it is one.</summary>
    public IEnumerable<LocalEntry> TakePending(int depth)
    {
        foreach (Level level in _levels.Take(depth + 1).Where(level => !level.IsSent))
        {
            level.IsSent = true;
            yield return level.Entry;
        }
    }

    private static bool IsBelow(string path, string directory) =>
        path.Length > directory.Length && path[directory.Length] == '/' && path.StartsWith(directory, StringComparison.Ordinal);

    private sealed class Level(LocalEntry entry, FilterVerdict verdict)
    {
        public LocalEntry Entry => entry;

        public FilterVerdict Verdict => verdict;

        public bool IsSent { get; set; }
    }
}
