using System.Globalization;
using Cairn.Cache.Keys;
using Cairn.Solver.Ops;
using Cairn.Solver.Scheduling;

namespace Cairn.Solver.Tests.Scheduling;

/// <summary>Keys and results as plain dictionaries: the record-and-look-up model without a database.</summary>
/// <param name="splits">Decides when a result is recorded under a second key, as if somebody else had recorded it at the same time; null is never.</param>
/// <param name="hasImports">Some of what is recorded is in an imported cache only, until it is asked for there.</param>
internal sealed class SimulatedStore(Random? splits = null, bool hasImports = false)
{
    private readonly HashSet<string> _keysHere = new(StringComparer.Ordinal);
    private readonly HashSet<long> _resultsHere = [];
    private readonly Dictionary<string, HashSet<string>> _links = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<long>> _resultsByKey = new(StringComparer.Ordinal);
    private readonly Dictionary<string, CacheKeyId> _ids = new(StringComparer.Ordinal);
    private readonly Dictionary<CacheKeyId, string> _names = [];
    private long _next;

    /// <summary>What each stored result is worth.</summary>
    public Dictionary<long, int> Contents { get; } = [];

    /// <summary>Stored results whose bytes are gone.</summary>
    public HashSet<long> Gone { get; } = [];

    public bool HasImports => hasImports;

    public (List<CacheKeyId> Keys, List<CandidateId> Candidates, List<bool>? Matched) LookUp(
        int output, IReadOnlyList<CacheDigest> digests, IReadOnlyList<KeyInput> inputs) => LookUp(output, digests, inputs, static _ => true, static _ => true);

    /// <summary>Asks the store alone, or the imported cache: what that knows is recorded here, without results.</summary>
    public (List<CacheKeyId> Keys, List<CandidateId> Candidates, List<bool>? Matched) LookUp(
        int output, IReadOnlyList<CacheDigest> digests, IReadOnlyList<KeyInput> inputs, bool inImports)
    {
        var found = inImports
            ? LookUp(output, digests, inputs, static _ => true, result => !IsHere(result))
            : LookUp(output, digests, inputs, IsHere, IsHere);
        _keysHere.UnionWith(found.Keys.Select(key => _names[key]));
        return found;
    }

    /// <summary>A result was taken: it is recorded here, too.</summary>
    public void Take(long result) => _resultsHere.Add(result);

    private bool IsHere(string name) => !hasImports || _keysHere.Contains(name) || name.Sum(static letter => letter) % 3 != 0;

    private bool IsHere(long result) => !hasImports || _resultsHere.Contains(result) || result % 3 != 0;

    private (List<CacheKeyId> Keys, List<CandidateId> Candidates, List<bool>? Matched) LookUp(
        int output, IReadOnlyList<CacheDigest> digests, IReadOnlyList<KeyInput> inputs, Func<string, bool> isKnown, Func<long, bool> isStored)
    {
        var names = new List<string>();
        List<bool>? matched = null;
        if (inputs.Count == 0)
        {
            names.AddRange(digests.Where(static digest => !digest.IsRandom).Select(digest => $"root {digest}@{output}").Where(isKnown));
        }
        else
        {
            matched = [];
            HashSet<string>? common = null;
            for (int i = 0; i < inputs.Count; i++)
            {
                var found = new HashSet<string>(StringComparer.Ordinal);
                foreach (string link in LinksOf(i, output, digests[0], inputs[i]))
                {
                    found.UnionWith((_links.GetValueOrDefault(link) ?? []).Where(isKnown));
                }

                matched.Add(found.Count > 0);
                if (common is null)
                {
                    common = found;
                }
                else
                {
                    common.IntersectWith(found);
                }
            }

            names.AddRange(common!.Order(StringComparer.Ordinal));
        }

        IEnumerable<long> results = names.SelectMany(name => _resultsByKey.GetValueOrDefault(name) ?? []).Where(isStored).Distinct().OrderDescending();
        return ([.. names.Select(Id)], [.. results.Select(result => new CandidateId(result))], matched);
    }

    public List<CacheKeyId?> Record(IReadOnlyList<CacheDigest> digests, IReadOnlyList<KeyInput> inputs, IReadOnlyList<int> contents)
    {
        var keys = new List<CacheKeyId?>();
        for (int output = 0; output < contents.Count; output++)
        {
            List<string> names;
            if (inputs.Count == 0)
            {
                names = [.. digests.Where(static digest => !digest.IsRandom).Select(digest => $"root {digest}@{output}")];
            }
            else if (inputs.Any(static input => input.Keys.Count == 0 && input.Content is null) || digests[0].IsRandom)
            {
                names = [];
            }
            else
            {
                names = [.. LookUp(output, digests, inputs).Keys.Select(id => _names[id])];
                if (names.Count == 0 || splits?.Next(4) == 0)
                {
                    names.Insert(0, string.Create(CultureInfo.InvariantCulture, $"key {++_next}"));
                }

                for (int i = 0; i < inputs.Count; i++)
                {
                    foreach (string link in LinksOf(i, output, digests[0], inputs[i]))
                    {
                        if (!_links.TryGetValue(link, out HashSet<string>? targets))
                        {
                            _links.Add(link, targets = new HashSet<string>(StringComparer.Ordinal));
                        }

                        targets.Add(names[0]);
                    }
                }
            }

            long result = ++_next;
            Contents[result] = contents[output];
            foreach (string name in names)
            {
                if (!_resultsByKey.TryGetValue(name, out List<long>? results))
                {
                    _resultsByKey.Add(name, results = []);
                }

                results.Add(result);
            }

            keys.Add(names.Count > 0 ? Id(names[0]) : null);
        }

        return keys;
    }

    /// <summary>Remembers that all keys of the inputs lead to the targets.</summary>
    public void Link(int output, IReadOnlyList<CacheDigest> digests, IReadOnlyList<KeyInput> inputs, IReadOnlyList<CacheKeyId> targets)
    {
        for (int i = 0; i < inputs.Count; i++)
        {
            foreach (string link in LinksOf(i, output, digests[0], inputs[i]))
            {
                if (!_links.TryGetValue(link, out HashSet<string>? found))
                {
                    _links.Add(link, found = new HashSet<string>(StringComparer.Ordinal));
                }

                found.UnionWith(targets.Select(target => _names[target]));
            }
        }
    }

    private IEnumerable<string> LinksOf(int input, int output, CacheDigest digest, KeyInput keys)
    {
        foreach (CacheKeyId key in keys.Keys)
        {
            yield return $"{_names[key]} {input} {output} {digest} {keys.Selector}";
        }

        if (keys.Content is { } content)
        {
            yield return $"content {content} {input} {output} {digest}";
        }
    }

    private CacheKeyId Id(string name)
    {
        if (!_ids.TryGetValue(name, out CacheKeyId id))
        {
            id = NewId(_ids.Count + 1);
            _ids.Add(name, id);
            _names.Add(id, name);
        }

        return id;
    }

    private static CacheKeyId NewId(int number) => CacheKeyIds.Of(number);
}
