using Cairn.Cache.Keys;
using Cairn.Llb;

namespace Cairn.Solver.Keys;

/// <summary>
/// Finds keys of an imported cache. What the inputs of a query are called there follows from the store: a key there is the same as one here if
/// op and output are the same and some key of each input is.
/// </summary>
internal sealed class KeyMatcher
{
    private readonly IReadOnlyList<ImportedKey> _keys;
    private readonly CacheKeyStore _store;
    private readonly Dictionary<Digest, List<int>> _byDigest = [];
    private readonly Lock _lock = new();

    // What is known of keys of the store: which keys of this cache they are. Guarded by _lock.
    private readonly Dictionary<CacheKeyId, HashSet<int>> _same = [];

    public KeyMatcher(IReadOnlyList<ImportedKey> keys, CacheKeyStore store)
    {
        _keys = keys;
        _store = store;
        for (int i = 0; i < keys.Count; i++)
        {
            if (!_byDigest.TryGetValue(keys[i].Digest, out List<int>? equal))
            {
                _byDigest.Add(keys[i].Digest, equal = []);
            }

            equal.Add(i);
        }
    }

    public IReadOnlyList<ImportedResult> ResultsOf(int key) => _keys[key].Results;

    /// <summary>The keys that a query asks for, and for each input whether some key of it leads on.</summary>
    public (IReadOnlyList<int> Keys, bool[] Matched) Find(KeyQuery query)
    {
        lock (_lock)
        {
            var inputs = new HashSet<KeyAlternative>[query.Inputs.Count];
            for (int i = 0; i < inputs.Length; i++)
            {
                inputs[i] = [];
                foreach (InputKey input in query.Inputs[i].Keys)
                {
                    if (!input.Key.IsVolatile)
                    {
                        inputs[i].UnionWith(Same(input.Key).Select(key => new KeyAlternative(key, input.Selector)));
                    }
                }
            }

            return Match(query.Operation, query.Output, inputs);
        }
    }

    /// <summary>A key of the store was recorded for keys that were found here.</summary>
    public void Know(CacheKeyId key, IReadOnlyList<int> same)
    {
        lock (_lock)
        {
            Of(key).UnionWith(same);
        }
    }

    /// <summary>The keys of this cache that a key of the store is.</summary>
    public IReadOnlyList<int> Find(CacheKeyId key)
    {
        lock (_lock)
        {
            return [.. Same(key).Order()];
        }
    }

    private HashSet<int> Of(CacheKeyId key)
    {
        if (!_same.TryGetValue(key, out HashSet<int>? same))
        {
            _same.Add(key, same = []);
        }

        return same;
    }

    // Links of the store are followed down to keys that are known, and back up until nothing more is found: there may be circles.
    private HashSet<int> Same(CacheKeyId asked)
    {
        if (_same.TryGetValue(asked, out HashSet<int>? known))
        {
            return known;
        }

        var order = new List<(CacheKeyId Key, List<IGrouping<(Digest Operation, int Output), KeyLink>> Ways)>();
        var open = new Stack<CacheKeyId>();
        var seen = new HashSet<CacheKeyId> { asked };
        open.Push(asked);
        while (open.TryPop(out CacheKeyId key))
        {
            List<IGrouping<(Digest, int), KeyLink>> ways = [.. _store.LinksTo(key).GroupBy(static link => (link.Operation, link.Output))];
            order.Add((key, ways));
            foreach (KeyLink link in ways.SelectMany(static way => way))
            {
                if (!_same.ContainsKey(link.Source) && seen.Add(link.Source))
                {
                    open.Push(link.Source);
                }
            }
        }

        bool isNew = true;
        while (isNew)
        {
            isNew = false;
            for (int i = order.Count - 1; i >= 0; i--)
            {
                HashSet<int> same = Of(order[i].Key);
                int before = same.Count;
                if (Digest.TryParse(order[i].Key.Value, out Digest root))
                {
                    same.UnionWith(Match(root, []).Keys);
                }

                foreach (IGrouping<(Digest Operation, int Output), KeyLink> way in order[i].Ways)
                {
                    same.UnionWith(Match(way.Key.Operation, way.Key.Output, InputsOf(way)).Keys);
                }

                isNew |= same.Count > before;
            }
        }

        return _same[asked];
    }

    private HashSet<KeyAlternative>[] InputsOf(IEnumerable<KeyLink> way)
    {
        KeyLink[] links = [.. way];
        var inputs = new HashSet<KeyAlternative>[links.Max(static link => link.Input) + 1];
        for (int i = 0; i < inputs.Length; i++)
        {
            inputs[i] = [.. links.Where(link => link.Input == i)
                .SelectMany(link => Of(link.Source).Select(key => new KeyAlternative(key, link.Selector)))];
        }

        return inputs;
    }

    private (IReadOnlyList<int> Keys, bool[] Matched) Match(Digest operation, int output, HashSet<KeyAlternative>[] inputs) =>
        Match(Digest.Parse(CacheKeyId.Root(operation.ToString(), output).Value), inputs);

    private (IReadOnlyList<int> Keys, bool[] Matched) Match(Digest digest, HashSet<KeyAlternative>[] inputs)
    {
        var matched = new bool[inputs.Length];
        List<int> found = [];
        foreach (int key in _byDigest.GetValueOrDefault(digest) ?? [])
        {
            IReadOnlyList<IReadOnlyList<KeyAlternative>> own = _keys[key].Inputs;
            if (own.Count != inputs.Length)
            {
                continue;
            }

            bool isWhole = true;
            for (int i = 0; i < inputs.Length; i++)
            {
                bool leads = own[i].Any(inputs[i].Contains);
                matched[i] |= leads;
                isWhole &= leads;
            }

            if (isWhole)
            {
                found.Add(key);
            }
        }

        return (found, matched);
    }
}
