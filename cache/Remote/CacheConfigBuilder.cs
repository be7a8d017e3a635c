using System.Globalization;
using System.Text;
using Cairn.Llb;

namespace Cairn.Cache.Remote;

/// <summary>
/// Puts an exported cache together. Keys that are the same are one record, with the newest result of theirs, and the order is that of the format:
/// equal keys and results give equal documents.
/// </summary>
/// <remarks>Source: control-and-status.md, section 15, "Determinism".</remarks>
public sealed class CacheConfigBuilder
{
    private readonly List<Entry> _entries = [];
    private readonly Dictionary<string, int> _known = new(StringComparer.Ordinal);

    /// <summary>Adds a key.</summary>
    /// <param name="digest">SHA-256 of <c>digest@output</c>.</param>
    /// <param name="inputs">By input the keys that may stand there, as this method returned them.</param>
    /// <returns>Stands for the key in what is added after it; equal for equal keys.</returns>
    public int Add(Digest digest, IReadOnlyList<IReadOnlyList<CacheConfigLink>> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        CacheConfigLink[][] own =
        [
            .. inputs.Select(input => input.Distinct()
                .OrderBy(link => link.Selector?.ToString(), StringComparer.Ordinal).ThenBy(link => _entries[link.Record].Digest).ThenBy(link => link.Record)
                .ToArray()),
        ];
        var name = new StringBuilder(digest.ToString());
        foreach (CacheConfigLink[] input in own)
        {
            name.Append('|');
            foreach (CacheConfigLink link in input)
            {
                name.Append(CultureInfo.InvariantCulture, $"{link.Record} {link.Selector};");
            }
        }
        if (!_known.TryGetValue(name.ToString(), out int index))
        {
            index = _entries.Count;
            _known.Add(name.ToString(), index);
            _entries.Add(new Entry(digest, own));
        }
        return index;
    }

    /// <summary>Gives a key a result. Of several the newest stays.</summary>
    /// <param name="record">The key.</param>
    /// <param name="createdAt">When the result was made.</param>
    /// <param name="layers">Its layers' blobs, bottom first, at least one.</param>
    public void SetResult(int record, DateTimeOffset createdAt, IReadOnlyList<Digest> layers)
    {
        ArgumentNullException.ThrowIfNull(layers);
        ArgumentOutOfRangeException.ThrowIfZero(layers.Count);
        if (_entries[record].Result is not { } before || createdAt > before.CreatedAt)
        {
            _entries[record].Result = (createdAt, layers);
        }
    }

    /// <summary>The cache, with what was added so far.</summary>
    public CacheConfig Build()
    {
        (List<int> order, CacheConfigRecord[] records) = Sort();
        var layers = new LayerTable();
        int?[] tops = [.. order.Select(at => _entries[at].Result is { } result ? layers.Add(result.Layers) : (int?)null)];
        int[] moved = layers.Sort(out List<CacheConfigLayer> sorted);
        return new CacheConfig(
            sorted,
            [.. records.Select((record, i) => tops[i] is { } top
                ? record with { Layers = [new CacheConfigResult(moved[top], _entries[order[i]].Result!.Value.CreatedAt)] }
                : record)]);
    }

    /// <summary>The list of records that an image carries: results are told by the image's layers, and those that have others are left out.</summary>
    /// <param name="layers">The image's layers, bottom first, by the names that results were given with.</param>
    /// <returns>Null if no result remains.</returns>
    public IReadOnlyList<CacheConfigRecord>? BuildInline(IReadOnlyList<Digest> layers)
    {
        ArgumentNullException.ThrowIfNull(layers);
        (List<int> order, CacheConfigRecord[] records) = Sort();
        for (int i = 0; i < records.Length; i++)
        {
            records[i] = Inline(records[i], _entries[order[i]].Result, layers);
        }
        return Array.Exists(records, record => record.Layers.Count + record.Chains.Count > 0) ? records : null;
    }

    private static CacheConfigRecord Inline(
        CacheConfigRecord record, (DateTimeOffset CreatedAt, IReadOnlyList<Digest> Layers)? result, IReadOnlyList<Digest> image)
    {
        if (result is not { } own)
        {
            return record;
        }
        if (own.Layers.SequenceEqual(image.Take(own.Layers.Count)))
        {
            return record with { Layers = [new CacheConfigResult(own.Layers.Count - 1, own.CreatedAt)] };
        }
        int[] indices = [.. own.Layers.Select(layer => IndexOf(image, layer))];
        return Array.Exists(indices, index => index < 0) ? record : record with { Chains = [new CacheConfigChain(indices, own.CreatedAt)] };
    }

    private static int IndexOf(IReadOnlyList<Digest> layers, Digest layer)
    {
        for (int i = 0; i < layers.Count; i++)
        {
            if (layers[i] == layer)
            {
                return i;
            }
        }
        return -1;
    }

    private static CacheConfigLink[] Place(CacheConfigLink[] input, int[] place) =>
        [.. input.Select(link => link with { Record = place[link.Record] }).OrderBy(link => link.Record).ThenBy(link => link.Selector?.ToString(), StringComparer.Ordinal)];

    // The entries in their order, and as records that are linked by it.
    private (List<int> Order, CacheConfigRecord[] Records) Sort()
    {
        List<int> order = [.. Enumerable.Range(0, _entries.Count)];
        order.Sort((left, right) => Compare(left, right) is not 0 and int difference ? difference : left.CompareTo(right));
        var place = new int[order.Count];
        for (int i = 0; i < order.Count; i++)
        {
            place[order[i]] = i;
        }
        return (order, [.. order.Select(at => new CacheConfigRecord(_entries[at].Digest, [.. _entries[at].Inputs.Select(input => Place(input, place))]))]);
    }

    private int Compare(int left, int right)
    {
        Entry one = _entries[left], other = _entries[right];
        int order = one.Digest.CompareTo(other.Digest);
        order = order != 0 ? order : one.Inputs.Length.CompareTo(other.Inputs.Length);
        for (int i = 0; order == 0 && i < one.Inputs.Length; i++)
        {
            order = one.Inputs[i].Length.CompareTo(other.Inputs[i].Length);
            for (int j = 0; order == 0 && j < one.Inputs[i].Length; j++)
            {
                CacheConfigLink a = one.Inputs[i][j], b = other.Inputs[i][j];
                order = string.CompareOrdinal(a.Selector?.ToString() ?? "", b.Selector?.ToString() ?? "");
                order = order != 0 ? order : _entries[a.Record].Digest.CompareTo(_entries[b.Record].Digest);
            }
        }
        return order;
    }

    private sealed class Entry(Digest digest, CacheConfigLink[][] inputs)
    {
        public Digest Digest { get; } = digest;

        public CacheConfigLink[][] Inputs { get; } = inputs;

        public (DateTimeOffset CreatedAt, IReadOnlyList<Digest> Layers)? Result { get; set; }
    }

    // Layers in the order in which they were first used: the index before sorting.
    private sealed class LayerTable
    {
        private readonly List<CacheConfigLayer> _layers = [];
        private readonly Dictionary<(Digest Blob, int Parent), int> _known = [];

        public int Add(IReadOnlyList<Digest> chain)
        {
            int top = CacheConfigLayer.NoParent;
            foreach (Digest blob in chain)
            {
                if (!_known.TryGetValue((blob, top), out int at))
                {
                    at = _layers.Count;
                    _known.Add((blob, top), at);
                    _layers.Add(new CacheConfigLayer(blob, top));
                }
                top = at;
            }
            return top;
        }

        public int[] Sort(out List<CacheConfigLayer> sorted)
        {
            List<int> order = [.. Enumerable.Range(0, _layers.Count).OrderBy(i => _layers[i].Blob).ThenBy(i => _layers[i].Parent)];
            var moved = new int[order.Count];
            for (int i = 0; i < order.Count; i++)
            {
                moved[order[i]] = i;
            }
            sorted = [.. order.Select(i => _layers[i].Parent is CacheConfigLayer.NoParent ? _layers[i] : _layers[i] with { Parent = moved[_layers[i].Parent] })];
            return moved;
        }
    }
}
