using System.Diagnostics;
using Cairn.Llb;
using Cairn.Snapshotter.Store;

namespace Cairn.Cache.Refs;

/// <summary>
/// Counts the claims of this process and mirrors them as lease rows, one for each (instance, ref). The last claim only queues the
/// removal of its row, which goes out with the next write transaction.
/// </summary>
internal sealed class ClaimTable
{
    private readonly StoreRoot _store;
    private readonly Lock _gate = new();                                   // never held while a write turn is waited for
    private readonly Dictionary<RefId, RefRecord> _held = [];              // guarded by _gate; only records with claims
    private readonly HashSet<RefId> _released = [];                        // guarded by _gate; lease rows to remove
    private readonly Dictionary<long, WeakReference<LayerRecord>> _layers = [];   // guarded by _gate; one object per layer
    private readonly Dictionary<Digest, int> _blobs = [];                  // guarded by _gate; claims on blobs
    private readonly HashSet<Digest> _releasedBlobs = [];                  // guarded by _gate; lease rows to remove
    private readonly List<Action> _undo = [];                               // belongs to the write turn: run if it fails
    private int _sweepAt = 1024;                                           // guarded by _gate

    public ClaimTable(StoreRoot store) => _store = store;

    /// <summary>Runs a write transaction after the queued lease removals.</summary>
    public T Write<T>(Func<WriteTransaction, T> write)
    {
        List<RefId> refs = [];
        List<Digest> blobs = [];
        List<Action> undo = [];
        try
        {
            return _store.Write(transaction =>
            {
                undo.ForEach(action => action());   // of a first attempt: on a full disk there is a second
                undo.Clear();
                _undo.Clear();
                Take(refs, blobs);
                RemoveLeases(transaction, refs, blobs);
                try
                {
                    return write(transaction);
                }
                finally
                {
                    undo.AddRange(_undo);
                    _undo.Clear();
                }
            });
        }
        catch
        {
            undo.ForEach(action => action());
            lock (_gate)
            {
                _released.UnionWith(refs);   // rolled back: the rows are still there
                _released.ExceptWith(_held.Keys);
                _releasedBlobs.UnionWith(blobs);
                _releasedBlobs.ExceptWith(_blobs.Keys);
            }
            throw;
        }
    }

    /// <summary>Whether lease rows wait for their removal.</summary>
    public bool HasReleased
    {
        get
        {
            lock (_gate)
            {
                return _released.Count + _releasedBlobs.Count > 0;
            }
        }
    }

    /// <summary>One more claim on a record that this process already claims; no I/O.</summary>
    public RefRecord? TryRetain(RefId id)
    {
        lock (_gate)
        {
            if (!_held.TryGetValue(id, out RefRecord? record))
            {
                return null;
            }
            record.Claims++;
            return record;
        }
    }

    /// <summary>One more claim on a record somebody holds.</summary>
    public RefRecord Retain(RefRecord record)
    {
        lock (_gate)
        {
            Debug.Assert(record.Claims > 0, "a claim is taken from a claim");
            record.Claims++;
            return record;
        }
    }

    /// <summary>The first claim of a record that was loaded or made; a record loaded twice at once becomes one.</summary>
    public RefRecord Enter(RefRecord record)
    {
        lock (_gate)
        {
            if (_held.TryGetValue(record.Id, out RefRecord? known))
            {
                known.Claims++;
                return known;
            }
            record.Claims++;
            _held.Add(record.Id, record);
            _released.Remove(record.Id);
            return record;
        }
    }

    /// <summary>The record if this process holds it, without a claim: its rows cannot go while the caller holds something above it.</summary>
    public RefRecord? Find(RefId id)
    {
        lock (_gate)
        {
            return _held.GetValueOrDefault(id);
        }
    }

    /// <summary>Gives one claim up; memory only.</summary>
    public void Release(RefRecord record)
    {
        Snapshotter.Layers.StagedLayer? abandoned = null;
        lock (_gate)
        {
            if (--record.Claims > 0)
            {
                return;
            }
            _held.Remove(record.Id);
            if (record.IsPublished)
            {
                _released.Add(record.Id);
            }
            else
            {
                abandoned = record.Layer.Staged;
                record.Layer.Staged = null;
            }
        }
        if (abandoned is not null)
        {
            _ = Task.Run(abandoned.Dispose);   // removes a directory tree; nobody waits for it
        }
    }

    /// <summary>The lease row of a claim, in the transaction that proves that the record is there.</summary>
    public void Lease(WriteTransaction transaction, RefId id) =>
        transaction.Command("INSERT OR IGNORE INTO ref_leases(instance, ref) VALUES ($instance, $ref)")
            .With("$instance", _store.Instance.Id).With("$ref", id.Value).ExecuteNonQuery();

    /// <summary>A claim with its lease row; given up again if the transaction fails.</summary>
    public RefRecord Enter(WriteTransaction transaction, RefRecord record)
    {
        Lease(transaction, record.Id);
        RefRecord entered = Enter(record);
        _undo.Add(() => Release(entered));
        return entered;
    }

    /// <summary>A claim on a blob with its lease row.</summary>
    public void Enter(WriteTransaction transaction, Digest blob)
    {
        transaction.Command("INSERT OR IGNORE INTO blob_leases(instance, digest) VALUES ($instance, $digest)")
            .With("$instance", _store.Instance.Id).With("$digest", blob.ToString()).ExecuteNonQuery();
        lock (_gate)
        {
            _blobs[blob] = _blobs.GetValueOrDefault(blob) + 1;
            _releasedBlobs.Remove(blob);
        }
        _undo.Add(() => Release(blob));
    }

    /// <summary>Runs if the write transaction under way fails; only to be called from within one.</summary>
    public void OnFailure(Action undo) => _undo.Add(undo);

    /// <summary>Gives a claim on a blob up; memory only.</summary>
    public void Release(Digest blob)
    {
        lock (_gate)
        {
            if (--_blobs[blob] == 0)
            {
                _blobs.Remove(blob);
                _releasedBlobs.Add(blob);
            }
        }
    }

    /// <summary>The one object of a layer in this process.</summary>
    public LayerRecord Share(LayerRecord layer)
    {
        lock (_gate)
        {
            if (_layers.TryGetValue(layer.Id, out WeakReference<LayerRecord>? known) && known.TryGetTarget(out LayerRecord? shared))
            {
                if (layer.Directory is { } directory && shared.Directory is null)
                {
                    shared.SetDirectory(directory);   // another process brought it here meanwhile
                }
                return shared;
            }
            if (_layers.Count >= _sweepAt)
            {
                foreach ((long id, WeakReference<LayerRecord> entry) in _layers)
                {
                    if (!entry.TryGetTarget(out _))
                    {
                        _layers.Remove(id);
                    }
                }
                _sweepAt = Math.Max(1024, _layers.Count * 2);
            }
            _layers[layer.Id] = new WeakReference<LayerRecord>(layer);
            return layer;
        }
    }

    private void Take(List<RefId> refs, List<Digest> blobs)
    {
        lock (_gate)
        {
            refs.AddRange(_released);
            blobs.AddRange(_releasedBlobs);
            _released.Clear();
            _releasedBlobs.Clear();
        }
    }

    private void RemoveLeases(WriteTransaction transaction, List<RefId> refs, List<Digest> blobs)
    {
        foreach (RefId id in refs)
        {
            transaction.Command("DELETE FROM ref_leases WHERE ref = $ref AND instance = $instance")
                .With("$ref", id.Value).With("$instance", _store.Instance.Id).ExecuteNonQuery();
        }
        foreach (Digest digest in blobs)
        {
            transaction.Command("DELETE FROM blob_leases WHERE digest = $digest AND instance = $instance")
                .With("$digest", digest.ToString()).With("$instance", _store.Instance.Id).ExecuteNonQuery();
        }
    }
}
