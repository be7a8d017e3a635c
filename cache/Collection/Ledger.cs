using Cairn.Cache.Refs;
using Microsoft.Data.Sqlite;

namespace Cairn.Cache.Collection;

/// <summary>All records with what each of them takes, read at one moment; removal is played on it before it is done.</summary>
internal sealed class Ledger
{
    private readonly Dictionary<long, Row> _refs;
    private readonly Dictionary<long, LayerRow> _layers;
    private readonly Dictionary<string, (long Size, int Users)> _blobs;

    private Ledger(Dictionary<long, Row> refs, Dictionary<long, LayerRow> layers, Dictionary<string, (long Size, int Users)> blobs)
    {
        _refs = refs;
        _layers = layers;
        _blobs = blobs;
    }

    public IEnumerable<Row> Refs => _refs.Values;

    /// <summary>Bytes of all layers and of the blobs that belong to layers.</summary>
    public long Total => _layers.Values.Sum(layer => layer.Bytes) + _blobs.Values.Sum(blob => blob.Size);

    public static Ledger Read(SqliteConnection connection)
    {
        Dictionary<long, LayerRow> layers = connection.Query("SELECT id, bytes, snapshot, diff_lower, diff_upper FROM cache_layers")
            .Rows(row => new LayerRow(row.GetInt64(0), row.GetInt64(1), row.IsDBNull(2), row.GetInt64(3), row.GetInt64(4)))
            .ToDictionary(layer => layer.Id);
        Dictionary<string, (long Size, int Users)> blobs = [];
        foreach ((long layer, string digest, long size) in connection.Query("""
            SELECT DISTINCT l.layer, b.digest, b.size FROM layer_blobs l JOIN blobs b ON b.digest = l.digest ORDER BY l.layer, b.digest
            """).Rows(row => (row.GetInt64(0), row.GetString(1), row.GetInt64(2))))
        {
            if (layers.TryGetValue(layer, out LayerRow? owner))
            {
                owner.Blobs.Add(digest);
                blobs[digest] = (size, blobs.TryGetValue(digest, out (long Size, int Users) known) ? known.Users + 1 : 1);
            }
        }
        Dictionary<long, Row> refs = connection.Query("""
            SELECT r.id, r.parent, r.layer, r.named, r.record_type, r.description, r.created, r.last_used, r.uses,
                   EXISTS (SELECT 1 FROM ref_leases l WHERE l.ref = r.id)
            FROM refs r ORDER BY r.named DESC, r.created, r.id
            """)
            .Rows(row => new Row(
                row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetBoolean(3), row.GetString(4), row.GetString(5),
                row.GetInt64(6), row.GetInt64(7), row.GetInt64(8), row.GetBoolean(9)))
            .ToDictionary(row => row.Id);
        var ledger = new Ledger(refs, layers, blobs);
        foreach (Row row in refs.Values)
        {
            ledger.Enter(row);
        }
        return ledger;
    }

    /// <summary>The records to show, with sizes: the first record that has a layer on top answers for it.</summary>
    public List<UsageRecord> Usage()
    {
        HashSet<long> counted = [];
        HashSet<string> countedBlobs = [];
        List<UsageRecord> records = [];
        Dictionary<long, long> sizes = [];
        foreach (Row row in _refs.Values)
        {
            long size = 0;
            if (_layers.TryGetValue(row.Layer, out LayerRow? layer) && counted.Add(layer.Id))
            {
                size = layer.Bytes + layer.Blobs.Where(countedBlobs.Add).Sum(digest => _blobs[digest].Size);
            }
            sizes[row.Id] = size;
        }
        foreach (Row row in _refs.Values.Where(row => row.Named || sizes[row.Id] > 0).OrderBy(row => row.Created).ThenBy(row => row.Id))
        {
            records.Add(Describe(row, sizes[row.Id], Shown(row.Parent, sizes)));
        }
        return records;
    }

    public static UsageRecord Describe(Row row, long size, long parent) => new()
    {
        Id = new RefId(row.Id).ToString(), RecordType = row.RecordType, Mutable = false, InUse = row.Leased, Size = size,
        CreatedAt = row.Created.ToTime(), LastUsedAt = row.LastUsed == 0 ? null : row.LastUsed.ToTime(), UsageCount = row.Uses,
        Parents = parent == 0 ? [] : [new RefId(parent).ToString()], Description = row.Description,
    };

    /// <summary>Whether the record can go now: nobody claims it and nothing stands on it.</summary>
    public static bool IsFree(Row row) => row is { Leased: false, Dependants: 0 };

    /// <summary>Bytes that its removal frees.</summary>
    public long Frees(Row row)
    {
        if (!_layers.TryGetValue(row.Layer, out LayerRow? layer) || layer.Users > 1)
        {
            return 0;
        }
        return layer.Bytes + layer.Blobs.Where(digest => _blobs[digest].Users == 1).Sum(digest => _blobs[digest].Size);
    }

    public Row? Find(long id) => _refs.GetValueOrDefault(id);

    /// <summary>A free record, then those below it that are free once the ones before are gone, as long as each may go.</summary>
    public IEnumerable<Row> Chain(Row row, Func<Row, bool> may)
    {
        yield return row;
        while (_refs.TryGetValue(row.Parent, out Row? parent) && parent is { Leased: false, Dependants: 1 } && may(parent))
        {
            yield return parent;
            row = parent;
        }
    }

    /// <summary>Plays the removal.</summary>
    public void Remove(Row row)
    {
        _refs.Remove(row.Id);
        if (_refs.TryGetValue(row.Parent, out Row? parent))
        {
            parent.Dependants--;
        }
        if (!_layers.TryGetValue(row.Layer, out LayerRow? layer) || --layer.Users > 0)
        {
            return;
        }
        _layers.Remove(layer.Id);
        foreach (Row side in Sides(layer))
        {
            side.Dependants--;
        }
        foreach (string digest in layer.Blobs)
        {
            (long size, int users) = _blobs[digest];
            if (users == 1)
            {
                _blobs.Remove(digest);
            }
            else
            {
                _blobs[digest] = (size, users - 1);
            }
        }
    }

    private void Enter(Row row)
    {
        if (_refs.TryGetValue(row.Parent, out Row? parent))
        {
            parent.Dependants++;
        }
        if (_layers.TryGetValue(row.Layer, out LayerRow? layer) && layer.Users++ == 0)
        {
            foreach (Row side in Sides(layer))
            {
                side.Dependants++;
            }
        }
    }

    // A difference that is not computed yet needs both sides.
    private IEnumerable<Row> Sides(LayerRow layer)
    {
        if (layer.IsPending)
        {
            foreach (long id in (long[])[layer.Lower, layer.Upper])
            {
                if (_refs.TryGetValue(id, out Row? side))
                {
                    yield return side;
                }
            }
        }
    }

    private long Shown(long parent, Dictionary<long, long> sizes)
    {
        while (_refs.TryGetValue(parent, out Row? row) && !row.Named && sizes[row.Id] == 0)
        {
            parent = row.Parent;
        }
        return parent;
    }

    internal sealed record Row(
        long Id, long Parent, long Layer, bool Named, string RecordType, string Description, long Created, long LastUsed, long Uses, bool Leased)
    {
        /// <summary>Records on top of it, and differences to be computed from it.</summary>
        public int Dependants { get; set; }
    }

    private sealed record LayerRow(long Id, long Bytes, bool IsAbsent, long Lower, long Upper)
    {
        public int Users { get; set; }

        public List<string> Blobs { get; } = [];

        public bool IsPending => IsAbsent && (Lower != 0 || Upper != 0);
    }
}
