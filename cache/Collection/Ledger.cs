using Cairn.Cache.Refs;
using Cairn.Snapshotter.Layers;
using Microsoft.Data.Sqlite;

namespace Cairn.Cache.Collection;

/// <summary>All records with what each of them takes, read at one moment; removal is played on it before it is done.</summary>
internal sealed class Ledger
{
    private readonly Dictionary<long, Row> _refs;
    private readonly Dictionary<long, LayerRow> _layers;
    private readonly Dictionary<string, (long Size, int Users)> _blobs;
    private readonly Dictionary<ulong, (long Size, int Users)> _inodes = [];   // that layers have in common

    private Ledger(Dictionary<long, Row> refs, Dictionary<long, LayerRow> layers, Dictionary<string, (long Size, int Users)> blobs)
    {
        _refs = refs;
        _layers = layers;
        _blobs = blobs;
    }

    public IEnumerable<Row> Refs => _refs.Values;

    /// <summary>Bytes of all layers and of the blobs that belong to layers; what several have in common counts once.</summary>
    public long Total =>
        _layers.Values.Sum(layer => layer.Bytes) + _blobs.Values.Sum(blob => blob.Size) + _inodes.Values.Sum(inode => inode.Size);

    /// <summary>Bytes by which the sum of what is noted of each layer is more than all of them take together.</summary>
    public long CountedTwice { get; private set; }

    /// <summary>Reads it.</summary>
    /// <param name="connection">Of the index.</param>
    /// <param name="spaces">Layers that may have files in common with others.</param>
    public static Ledger Read(SqliteConnection connection, IReadOnlyDictionary<LayerId, LayerSpace> spaces)
    {
        Dictionary<long, LayerRow> layers = connection.Query("SELECT id, bytes, snapshot, diff_lower, diff_upper FROM cache_layers")
            .Rows(row => new LayerRow(row.GetInt64(0), row.Integer(2) is { } directory ? new LayerId(directory) : null, row.GetInt64(3), row.GetInt64(4))
            {
                Bytes = row.GetInt64(1),
            })
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
        foreach (LayerRow layer in layers.Values)
        {
            if (layer.Directory is { } directory && spaces.TryGetValue(directory, out LayerSpace? space))
            {
                ledger.Share(layer, space);
            }
        }
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
        HashSet<ulong> countedInodes = [];
        List<UsageRecord> records = [];
        Dictionary<long, long> sizes = [];
        foreach (Row row in _refs.Values)
        {
            long size = 0;
            if (_layers.TryGetValue(row.Layer, out LayerRow? layer) && counted.Add(layer.Id))
            {
                size = layer.Bytes + layer.Blobs.Where(countedBlobs.Add).Sum(digest => _blobs[digest].Size)
                    + layer.Inodes.Where(countedInodes.Add).Sum(inode => _inodes[inode].Size);
            }
            sizes[row.Id] = size;
        }
        foreach (Row row in _refs.Values.Where(row => row.Named || sizes[row.Id] > 0).OrderBy(row => row.Created).ThenBy(row => row.Id))
        {
            records.Add(Describe(row, sizes[row.Id], Shown(row.Parent, sizes)) with { Broken = BrokenBelow(row) });
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
        return layer.Bytes + layer.Blobs.Where(digest => _blobs[digest].Users == 1).Sum(digest => _blobs[digest].Size)
            + layer.Inodes.Where(inode => _inodes[inode].Users == 1).Sum(inode => _inodes[inode].Size);
    }

    /// <summary>Notes which layers of additional stores are not there.</summary>
    /// <param name="missing">Tells what is missing of a directory, null for nothing.</param>
    public void FindBroken(Func<LayerId, string?> missing)
    {
        foreach (LayerRow layer in _layers.Values)
        {
            if (layer is { Directory: { IsAdditional: true } directory, HasOtherSource: false })
            {
                layer.Broken = missing(directory);
            }
        }
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
        Release(layer.Blobs, _blobs);
        Release(layer.Inodes, _inodes);
    }

    private static void Release<TKey>(List<TKey> keys, Dictionary<TKey, (long Size, int Users)> counts)
        where TKey : notnull
    {
        foreach (TKey key in keys)
        {
            (long size, int users) = counts[key];
            if (users == 1)
            {
                counts.Remove(key);
            }
            else
            {
                counts[key] = (size, users - 1);
            }
        }
    }

    // What the layer has in common with others is no longer its own, but everybody's who has it.
    private void Share(LayerRow layer, LayerSpace space)
    {
        layer.Bytes += space.TwinBytes - space.Shared.Sum(inode => inode.Bytes);
        CountedTwice -= space.TwinBytes;
        foreach ((ulong inode, long bytes) in space.Shared)
        {
            layer.Inodes.Add(inode);
            int users = _inodes.GetValueOrDefault(inode).Users;
            CountedTwice += users > 0 ? bytes : 0;
            _inodes[inode] = (bytes, users + 1);
        }
    }

    private string? BrokenBelow(Row row)
    {
        for (Row? at = row; at is not null; at = _refs.GetValueOrDefault(at.Parent))
        {
            if (_layers.GetValueOrDefault(at.Layer)?.Broken is { } broken)
            {
                return broken;
            }
        }
        return null;
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

    private sealed record LayerRow(long Id, LayerId? Directory, long Lower, long Upper)
    {
        /// <summary>Bytes that only this layer has.</summary>
        public long Bytes { get; set; }

        public int Users { get; set; }

        public List<string> Blobs { get; } = [];

        public List<ulong> Inodes { get; } = [];

        /// <summary>What is missing of it; null for nothing.</summary>
        public string? Broken { get; set; }

        public bool HasOtherSource => Blobs.Count > 0 || Lower != 0 || Upper != 0;

        public bool IsPending => Directory is null && (Lower != 0 || Upper != 0);
    }
}
