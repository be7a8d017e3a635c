using Cairn.Cache;
using Cairn.Cache.Keys;
using Cairn.Llb;
using Cairn.Solver.Scheduling;

namespace Cairn.Solver.Keys;

/// <summary>
/// Follows the keys of a result down to sources and content, through the links of the store. There every key that any build found is recorded, also
/// those that imported caches know.
/// </summary>
internal sealed class ChainReader
{
    private readonly BuildCache _cache;
    private readonly IReadOnlyList<CacheImport> _imports;
    private readonly Dictionary<CacheKeyId, (bool? Hint, bool IsMade)> _known = [];
    private readonly List<ChainRecord> _records = [];

    // The records of each key; null while the keys below are followed.
    private readonly Dictionary<CacheKeyId, IReadOnlyList<int>?> _done = [];

    public ChainReader(
        BuildCache cache, IReadOnlyList<CacheImport> imports, IReadOnlyList<KeyedEdge> edges, IReadOnlyDictionary<Digest, bool> hints)
    {
        _cache = cache;
        _imports = imports;
        foreach (KeyedEdge edge in edges)
        {
            bool? hint = hints.TryGetValue(edge.Vertex, out bool told) ? told : null;
            foreach (CacheKeyId key in edge.Keys)
            {
                // Of vertices of one key the one that is to be exported counts.
                (bool? Hint, bool IsMade) before = _known.GetValueOrDefault(key);
                _known[key] = (before.Hint is true || hint is true ? true : before.Hint ?? hint, before.IsMade || edge.IsMade);
            }
        }
    }

    public CacheChain Read(IReadOnlyList<CacheKeyId> tops, CacheExportMode mode)
    {
        foreach (CacheKeyId key in tops)
        {
            Follow(key);
        }

        int[] found = [.. tops.SelectMany(key => _done.GetValueOrDefault(key) ?? []).Distinct()];
        if (mode == CacheExportMode.Max)
        {
            return new CacheChain([.. _records.Select(static record => record with { MakesBlobs = true })], found);
        }

        HashSet<int> nearest = Nearest(found);
        return new CacheChain([.. _records.Select((record, i) => record with { MakesBlobs = nearest.Contains(i) })], found);
    }

    // On every path down from the result the first record that has one.
    private HashSet<int> Nearest(IReadOnlyList<int> tops)
    {
        var nearest = new HashSet<int>();
        var seen = new HashSet<int>(tops);
        var open = new Stack<int>(tops);
        while (open.TryPop(out int at))
        {
            if (_records[at].Results.Count > 0)
            {
                nearest.Add(at);
                continue;
            }

            foreach (KeyAlternative input in _records[at].Inputs.SelectMany(static input => input))
            {
                if (seen.Add(input.Key))
                {
                    open.Push(input.Key);
                }
            }
        }

        return nearest;
    }

    private void Follow(CacheKeyId top)
    {
        var open = new Stack<(CacheKeyId Key, IReadOnlyList<KeyLink>? Links)>();
        open.Push((top, null));
        while (open.TryPop(out (CacheKeyId Key, IReadOnlyList<KeyLink>? Links) at))
        {
            if (at.Links is { } links)
            {
                _done[at.Key] = Add(at.Key, links);
            }
            else if (_done.TryAdd(at.Key, null))
            {
                IReadOnlyList<KeyLink> own = _cache.Keys.LinksTo(at.Key);
                open.Push((at.Key, own));
                foreach (KeyLink link in own)
                {
                    open.Push((link.Source, null));
                }
            }
        }
    }

    private List<int> Add(CacheKeyId key, IReadOnlyList<KeyLink> links)
    {
        (bool? hint, bool isMade) = _known.GetValueOrDefault(key);
        List<int> added = [];
        if (links.Count == 0 && Digest.TryParse(key.Value, out Digest root))
        {
            Add(new ChainRecord(root, [], hint is true ? ResultsOf(key) : []));
        }

        IReadOnlyList<ChainResult>? results = null;
        foreach (IGrouping<(Digest Operation, int Output), KeyLink> way in links.GroupBy(static link => (link.Operation, link.Output)))
        {
            var inputs = new IReadOnlyList<KeyAlternative>[way.Max(static link => link.Input) + 1];
            for (int i = 0; i < inputs.Length; i++)
            {
                // A key that is followed still stands above this one: a way through it would be a circle.
                inputs[i] = [.. way.Where(link => link.Input == i)
                    .SelectMany(link => (_done.GetValueOrDefault(link.Source) ?? []).Select(below => new KeyAlternative(below, link.Selector)))
                    .Distinct()];
            }

            if (Array.TrueForAll(inputs, static input => input.Count > 0))
            {
                results ??= hint is false ? [] : ResultsOf(key);
                Add(new ChainRecord(Digest.Parse(CacheKeyId.Root(way.Key.Operation.ToString(), way.Key.Output).Value), inputs, results));
            }
        }

        return added;

        void Add(ChainRecord record)
        {
            added.Add(_records.Count);
            _records.Add(record with { ExportHint = hint, IsMade = isMade });
        }
    }

    // Scratch has no layers that could be exported.
    private List<ChainResult> ResultsOf(CacheKeyId key) =>
    [
        .. _cache.Keys.LoadCandidates([key]).Where(static result => result.Ref is not null)
            .Select(result => new ChainResult(_cache, result.Ref!.Value, result.Created)),
        .. _imports.SelectMany(import => import.ResultsOf(key)).Select(result => new ChainResult(_cache, result)),
    ];
}
