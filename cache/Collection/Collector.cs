using System.Diagnostics.CodeAnalysis;
using Cairn.Cache.Refs;
using Cairn.Llb;
using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Store;

namespace Cairn.Cache.Collection;

/// <summary>
/// Tells what the cache takes, and removes what nobody needs. A record goes when no living instance leases it and nothing stands on it;
/// its layer and blobs go with the last record that has them. Rows go in short transactions, files afterwards outside every lock.
/// </summary>
[SuppressMessage("Reliability", "CA1001", Justification = "A semaphore whose wait handle is never asked for holds nothing.")]
public sealed class Collector
{
    private const string CeilingRule = "ceiling";
    private const int BatchRecords = 32;
    private const int MaxChain = 256;   // records that go with one because nothing else stands on them

    private readonly StoreRoot _store;
    private readonly ISnapshotter _snapshotter;
    private readonly ClaimTable _claims;
    private readonly CacheMountUsage _mounts;
    private readonly BuildCacheOptions _options;
    private readonly RecordRemoval _removal;
    private readonly SemaphoreSlim _pruning = new(1);

    internal Collector(StoreRoot store, ISnapshotter snapshotter, ClaimTable claims, BuildCacheOptions options)
    {
        _store = store;
        _snapshotter = snapshotter;
        _claims = claims;
        _options = options;
        _mounts = new CacheMountUsage(store, claims);
        _removal = new RecordRemoval(store, (transaction, layer) => snapshotter.Remove(transaction, layer, force: true));   // a reader keeps the files
    }

    /// <summary>When and why a record was removed; null if it was not, or too long ago.</summary>
    public Eviction? FindEviction(RefId id) => EvictionTable.Find(_store, id);

    /// <summary>Bytes that the store may take after a build.</summary>
    public long Ceiling => _options.MaxUsedSpace ?? (Disk().TotalSize / 10);

    /// <summary>All records, the oldest first.</summary>
    /// <param name="filters">See <see cref="RecordFilter"/>.</param>
    /// <exception cref="BuildException">Input: a filter cannot be read.</exception>
    public IReadOnlyList<UsageRecord> DiskUsage(IReadOnlyList<string> filters)
    {
        RecordFilter filter = RecordFilter.Parse(filters, "diskusage");
        DropDeadLeases();
        Ledger ledger = ReadLedger();
        ledger.FindBroken(directory => _snapshotter.TryChangesDirectory(directory) is null ? _store.Additional.Missing(directory).Message : null);
        List<UsageRecord> records = ledger.Usage();
        records.AddRange(_mounts.Read());
        return [.. records.Where(filter.Matches)];
    }

    /// <summary>Removes records, and waits until their files are gone.</summary>
    /// <param name="options">What to remove.</param>
    /// <param name="removed">Told of each record as its rows are gone; may be null.</param>
    /// <param name="cancellationToken">Stops between batches.</param>
    /// <returns>What was removed, in order; sizes are the bytes that each freed.</returns>
    /// <exception cref="BuildException">Input: a filter cannot be read.</exception>
    public async Task<IReadOnlyList<UsageRecord>> PruneAsync(
        PruneOptions options, Action<UsageRecord>? removed, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        RecordFilter filter = RecordFilter.Parse(options.Filters, "prune");
        await _pruning.WaitAsync(cancellationToken);
        try
        {
            List<UsageRecord> gone = await Task.Run(() => Prune(options, filter, removed, cancellationToken), cancellationToken);
            await _store.EmptyTrashAsync(cancellationToken);
            return gone;
        }
        finally
        {
            _pruning.Release();
        }
    }

    /// <summary>Brings the cache below its ceiling, if it is above: what was used least and longest ago goes first.</summary>
    /// <param name="cancellationToken">Stops between batches.</param>
    /// <returns>What was removed.</returns>
    public async Task<IReadOnlyList<UsageRecord>> CollectAsync(CancellationToken cancellationToken)
    {
        long ceiling = Ceiling;
        if (TotalBytes() <= ceiling || UsedBytes() <= ceiling)   // the second walks layers with files in common, so it comes second
        {
            return [];
        }
        List<UsageRecord> gone = [.. await PruneAsync(new PruneOptions { MaxUsedSpace = ceiling, Rule = CeilingRule }, null, cancellationToken)];
        if (TotalBytes() > ceiling && UsedBytes() > ceiling)
        {
            gone.AddRange(await PruneAsync(new PruneOptions { All = true, MaxUsedSpace = ceiling, Rule = CeilingRule }, null, cancellationToken));
        }
        return gone;
    }

    /// <summary>
    /// Bytes that layers, blobs and cache mounts take, from what is noted of them: what layers have in common counts in each of them.
    /// </summary>
    public long TotalBytes() => _store.Read(connection =>
        (connection.Query("SELECT total(bytes) FROM cache_layers").ExecuteScalar() is double layers ? (long)layers : 0)
        + (connection.Query("SELECT total(size) FROM blobs").ExecuteScalar() is double blobs ? (long)blobs : 0)
        + (connection.Query("SELECT total(bytes) FROM cache_mounts").ExecuteScalar() is double mounts ? (long)mounts : 0));

    // What is in common counts once, and copies of layers for mounts count, too.
    private long UsedBytes() => TotalBytes() - ReadLedger().CountedTwice;

    private List<UsageRecord> Prune(PruneOptions options, RecordFilter filter, Action<UsageRecord>? removed, CancellationToken cancellationToken)
    {
        DropDeadLeases();
        RemoveOrphans();
        Ledger ledger = ReadLedger();
        List<UsageRecord> mounts = _mounts.Read();
        long total = ledger.Total + mounts.Sum(mount => mount.Size);
        long? keep = PruneLimit.Keep(options, total, () => Disk().AvailableFreeSpace);
        long now = _options.Clock.GetUtcNow().ToNanoseconds();
        long since = options.KeepDuration > TimeSpan.Zero ? now - (options.KeepDuration.Ticks * 100) : long.MaxValue;
        HashSet<long> refused = [];
        List<UsageRecord> gone = [];
        while (keep is null || total > keep)
        {
            cancellationToken.ThrowIfCancellationRequested();
            List<Candidate> candidates = Candidates(ledger, mounts, options, filter, since, refused);
            if (candidates.Count == 0)
            {
                break;
            }
            int batch = keep is null ? BatchRecords : Math.Clamp(candidates.Count / 64, 1, BatchRecords);
            List<Candidate> chosen = [];
            long planned = total;
            foreach (Candidate candidate in PruneOrder.Sort(candidates).Take(batch))
            {
                if (keep is { } limit && planned <= limit)
                {
                    break;
                }
                chosen.Add(candidate);
                planned -= candidate.Record.Size;
            }
            bool Together(Ledger.Row row) =>
                (keep is null || !row.Named) && !refused.Contains(row.Id) && IsEligible(row, options, filter, since);
            foreach (UsageRecord record in Remove(chosen, ledger, mounts, refused, Together, options.Rule))
            {
                total -= record.Size;
                gone.Add(record);
                removed?.Invoke(record);
            }
        }
        return gone;
    }

    private static List<Candidate> Candidates(
        Ledger ledger, List<UsageRecord> mounts, PruneOptions options, RecordFilter filter, long since, HashSet<long> refused)
    {
        List<Candidate> candidates = [];
        foreach (Ledger.Row row in ledger.Refs)
        {
            if (Ledger.IsFree(row) && !refused.Contains(row.Id) && IsEligible(row, options, filter, since))
            {
                candidates.Add(new Candidate(Ledger.Describe(row, ledger.Frees(row), row.Parent), row));
            }
        }
        candidates.AddRange(mounts
            .Where(mount => !mount.InUse && filter.Matches(mount) && (mount.LastUsedAt ?? mount.CreatedAt).ToNanoseconds() <= since)
            .Select(mount => new Candidate(mount, null)));
        return candidates;
    }

    private static bool IsEligible(Ledger.Row row, PruneOptions options, RecordFilter filter, long since) =>
        Math.Max(row.LastUsed, row.Created) <= since
        && (options.All || row.RecordType is not (RefDescription.Internal or RefDescription.Frontend))
        && (!row.Named || filter.Matches(Ledger.Describe(row, 0, row.Parent)));

    // With each record goes what it alone stands on, if that may go too: all in one write turn.
    private List<UsageRecord> Remove(
        List<Candidate> chosen, Ledger ledger, List<UsageRecord> mounts, HashSet<long> refused, Func<Ledger.Row, bool> together, string rule)
    {
        List<UsageRecord> gone = [];
        foreach (Candidate candidate in chosen.Where(candidate => candidate.Row is null))
        {
            mounts.Remove(candidate.Record);
            if (_mounts.TryRemove(candidate.Record))
            {
                gone.Add(candidate.Record);
            }
        }
        List<Ledger.Row> rows = [];
        foreach (Candidate candidate in chosen.Where(candidate => candidate.Row is not null))
        {
            rows.AddRange(ledger.Chain(candidate.Row!, together).Take(MaxChain));
        }
        if (rows.Count == 0)
        {
            return gone;
        }
        HashSet<long> done = _claims.Write(transaction =>
        {
            HashSet<long> removed = rows.Where(row => _removal.TryRemove(transaction, row.Id, row.Layer)).Select(row => row.Id).ToHashSet();
            EvictionTable.Note(transaction, removed, rule, _options.Clock.GetUtcNow());
            return removed;
        });
        foreach (Ledger.Row row in rows)
        {
            if (!done.Contains(row.Id))
            {
                refused.Add(row.Id);   // somebody took it meanwhile
                continue;
            }
            UsageRecord record = Ledger.Describe(row, ledger.Frees(row), row.Parent);
            ledger.Remove(row);
            if (row.Named || record.Size > 0)
            {
                gone.Add(record);
            }
        }
        return gone;
    }

    // Blobs that were stored and then used by nothing.
    private void RemoveOrphans()
    {
        List<string> orphans = _store.Read(connection => connection.Query("""
            SELECT b.digest FROM blobs b
            WHERE NOT EXISTS (SELECT 1 FROM layer_blobs l WHERE l.digest = b.digest)
              AND NOT EXISTS (SELECT 1 FROM blob_leases l WHERE l.digest = b.digest)
            """).Rows(row => row.GetString(0)));
        foreach (string[] batch in orphans.Chunk(BatchRecords))
        {
            _claims.Write(transaction =>
            {
                Array.ForEach(batch, digest => _removal.RemoveBlobIfUnused(transaction, digest));
                return true;
            });
        }
    }

    // Leases of instances whose lock is free; and those that this instance has given up, which go with any write.
    private void DropDeadLeases()
    {
        List<string> dead = _store.Read(connection => connection.Query("SELECT instance FROM ref_leases UNION SELECT instance FROM blob_leases")
            .Rows(row => row.GetString(0)));
        dead.RemoveAll(_store.IsInstanceAlive);
        if (dead.Count == 0 && !_claims.HasReleased)
        {
            return;
        }
        _claims.Write(transaction =>
        {
            foreach (string instance in dead)
            {
                transaction.Command("DELETE FROM ref_leases WHERE instance = $instance").With("$instance", instance).ExecuteNonQuery();
                transaction.Command("DELETE FROM blob_leases WHERE instance = $instance").With("$instance", instance).ExecuteNonQuery();
            }
            return true;
        });
    }

    private Ledger ReadLedger()
    {
        IReadOnlyDictionary<LayerId, LayerSpace> spaces = LayerSpace.OfFamilies(_store);
        return _store.Read(connection => Ledger.Read(connection, spaces));
    }

    private DriveInfo Disk() => new(_store.Root);
}
