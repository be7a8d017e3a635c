using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using Cairn.Cache.Recovery;
using Cairn.Cache.Refs;
using Cairn.Llb;
using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Manifests;
using Cairn.Snapshotter.Store;
using Cairn.Snapshotter.Tars;

namespace Cairn.Cache.Verification;

/// <summary>
/// Compares everything in a store with what vouches for it: blobs with their digests, layers with their manifests and contents, rows with each
/// other and with the files. Builds may go on: it keeps each layer only while it reads it, and takes the write turn only to look twice.
/// </summary>
public sealed class StoreVerifier
{
    private const int MaxDetails = 20;

    private readonly StoreRoot _store;
    private readonly ISnapshotter _snapshotter;
    private readonly DerivedDirectories _derived;

    internal StoreVerifier(StoreRoot store, ISnapshotter snapshotter)
    {
        _store = store;
        _snapshotter = snapshotter;
        _derived = new DerivedDirectories(store, snapshotter);
    }

    /// <summary>Checks the whole store; reads every byte of it.</summary>
    /// <param name="progress">Told after each thing, one at a time; may be null.</param>
    /// <param name="cancellationToken">Stops between things.</param>
    public Task<StoreReport> RunAsync(Action<CheckProgress>? progress, CancellationToken cancellationToken) =>
        Task.Run(() => Check(progress, cancellationToken).Report(), cancellationToken);

    internal Run Check(Action<CheckProgress>? progress, CancellationToken cancellationToken)
    {
        var run = new Run();
        CheckIndex(run);
        (string Digest, long Size)[] blobs = [.. _store.Read(static connection =>
            connection.Query("SELECT digest, size FROM blobs ORDER BY digest").Rows(row => (row.GetString(0), row.GetInt64(1))))];
        run.Blobs = blobs.Length;
        Each("blobs", blobs, blob => CheckBlob(run, Digest.Parse(blob.Digest), blob.Size, cancellationToken), progress, cancellationToken);
        LayerRow[] layers = [.. Layers().Where(static row => !row.Layer.IsAdditional)];   // those are the other store's
        run.Layers = layers.Length;
        Each("layers", layers, layer => CheckLayer(run, layer, cancellationToken), progress, cancellationToken);
        DerivedDirectory[] copies = [.. _derived.List()];
        Each("copies of layers", copies, copy => CheckCopy(run, copy, cancellationToken), progress, cancellationToken);
        CheckRows(run);
        progress?.Invoke(new CheckProgress("rows", 1, 1));
        return run;
    }

    /// <summary>Whether the tar of a directory has the digest that the layer's tar had when it was made here; null if none was made.</summary>
    internal bool? IsTarOf(LayerRow layer, CancellationToken cancellationToken)
    {
        if (layer.MadeDiffId is not { } made)
        {
            return null;
        }
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var tar = new HashingStream(Stream.Null, hash, progress: null);
        LayerTarWriter.Write(_snapshotter.ChangesDirectory(layer.Layer), tar, LayerTarOptions.Default, cancellationToken);
        return Digest.FromHash(hash) == made;
    }

    private static void Each<T>(
        string what, T[] things, Action<T> check, Action<CheckProgress>? progress, CancellationToken cancellationToken)
    {
        int done = 0;
        Lock gate = new();
        var options = new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = cancellationToken };
        Parallel.ForEach(Partitioner.Create(things, EnumerablePartitionerOptions.NoBuffering), options, thing =>
        {
            check(thing);
            lock (gate)
            {
                progress?.Invoke(new CheckProgress(what, ++done, things.Length));
            }
        });
    }

    private void CheckIndex(Run run)
    {
        List<string> told = _store.Read(static connection => connection.Query("PRAGMA integrity_check(20)").Rows(row => row.GetString(0)));
        if (told is not ["ok"])
        {
            run.Add(new Finding(FindingKind.DamagedIndex, "cairn.db", "the database's structure is damaged", told));
        }
    }

    private void CheckBlob(Run run, Digest digest, long size, CancellationToken cancellationToken)
    {
        Finding? finding = null;
        string subject = $"blob {digest}";
        try
        {
            using FileStream file = File.OpenRead(_store.BlobPath(digest));
            if (file.Length != size)
            {
                finding = new Finding(
                    FindingKind.DamagedBlob, subject, string.Create(CultureInfo.InvariantCulture, $"it has {file.Length} bytes and should have {size}"), []);
            }
            else if (Hash(file, cancellationToken) is { } found && found != digest)
            {
                finding = new Finding(FindingKind.DamagedBlob, subject, $"its bytes have the digest {found}", []);
            }
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            finding = new Finding(FindingKind.MissingBlob, subject, "its file is gone", []);
        }
        catch (IOException e)
        {
            finding = new Finding(FindingKind.DamagedBlob, subject, e.Message, []);
        }
        // One that was removed meanwhile is no finding. In the turn, nobody is between taking away the file and the row.
        if (finding is not null && _store.Write(transaction =>
            transaction.Command("SELECT 1 FROM blobs WHERE digest = $digest").With("$digest", digest.ToString()).Number() is not null
            && (finding.Kind != FindingKind.MissingBlob || !File.Exists(_store.BlobPath(digest)))))
        {
            run.Add(finding);
            run.BadBlobs.Add(digest);
        }
    }

    private static Digest Hash(FileStream file, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[1 << 18];
        for (int read; (read = file.Read(buffer)) > 0;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            hash.AppendData(buffer, 0, read);
        }
        return Digest.FromHash(hash);
    }

    private List<LayerRow> Layers() => _store.Read(static connection => connection.Query("""
        SELECT l.id, c.id, c.description, (
          SELECT b.diff_id FROM layer_blobs b WHERE b.layer = c.id AND b.diff_id = c.diff_id AND b.variant <> '' AND instr(b.variant, '@') = 0 LIMIT 1)
        FROM layers l LEFT JOIN cache_layers c ON c.snapshot = l.id ORDER BY l.id
        """)
        .Rows(row => new LayerRow(
            new LayerId(row.GetInt64(0)), row.Integer(1) ?? 0, row.Text(2) ?? "", row.Text(3) is { } diff ? Digest.Parse(diff) : null)));

    private void CheckLayer(Run run, LayerRow layer, CancellationToken cancellationToken)
    {
        Finding? finding;
        LayerVerdict? verdict = null;
        try
        {
            using UsedLayers used = _snapshotter.Use([layer.Layer]);
            if (_snapshotter.TryChangesDirectory(layer.Layer) is null)
            {
                finding = new Finding(FindingKind.MissingLayer, layer.Subject, "its directory is gone", []);
            }
            else
            {
                verdict = ManifestVerification.Check(
                    _snapshotter.Manifests.DirectoryOf(layer.Layer), _snapshotter.Manifests.Proof(layer.Layer), cancellationToken);
                finding = Judge(run, layer, verdict, cancellationToken);
            }
        }
        catch (Exception e) when (e is BuildException or IOException)
        {
            finding = _snapshotter.TryChangesDirectory(layer.Layer) is not null
                ? new Finding(FindingKind.DamagedLayer, layer.Subject, "it cannot be read: " + e.Message, [])
                : new Finding(FindingKind.MissingLayer, layer.Subject, layer.Layer.IsAdditional ? e.Message : "its directory is gone", []);
        }
        if (finding is not null && _store.Write(transaction =>
            transaction.Command("SELECT 1 FROM layers WHERE id = $id").With("$id", layer.Layer.Value).Number() is not null
            && (finding.Kind != FindingKind.MissingLayer || _snapshotter.TryChangesDirectory(layer.Layer) is null)))
        {
            run.Add(finding);
            if (!layer.Layer.IsAdditional)   // another store's is not ours to repair, and may come back
            {
                run.BadLayers.Add((layer, finding.Kind, verdict));
            }
        }
    }

    private Finding? Judge(Run run, LayerRow layer, LayerVerdict verdict, CancellationToken cancellationToken)
    {
        if (verdict.Differences.Count > 0)
        {
            bool onlyRecord = verdict.Differences.All(static difference => difference.Path.Length == 0);
            List<string> details = [.. verdict.Differences.Take(MaxDetails).Select(static difference => difference.ToString())];
            if (verdict.Differences.Count > MaxDetails)
            {
                details.Add(string.Create(CultureInfo.InvariantCulture, $"and {verdict.Differences.Count - MaxDetails} more"));
            }
            return onlyRecord
                ? new Finding(FindingKind.DamagedManifest, layer.Subject, "the record of what it should hold is damaged", details)
                : new Finding(FindingKind.DamagedLayer, layer.Subject, "its files are not those that were published", details);
        }
        if (verdict.AreContentsProven)
        {
            return null;
        }
        bool? isTar = IsTarOf(layer, cancellationToken);
        if (isTar == false)
        {
            return new Finding(
                FindingKind.DamagedLayer, layer.Subject, $"its files no longer give the diff ID {layer.MadeDiffId}, which they once gave", []);
        }
        if (_snapshotter.Manifests.Record(layer.Layer, verdict.Manifest, verdict.Contents))
        {
            run.CountRecorded(isTar == true);
        }
        return null;
    }

    private void CheckCopy(Run run, DerivedDirectory copy, CancellationToken cancellationToken)
    {
        IReadOnlyList<string>? differences;
        try
        {
            differences = _derived.Differences(copy, cancellationToken);
        }
        catch (Exception e) when (e is BuildException or IOException)
        {
            differences = [e.Message];
        }
        // What was removed while it was read is no finding; in the turn nobody is removing it.
        if (differences is { Count: > 0 } && _store.Write(_ => _derived.List().Any(known => known.Subject == copy.Subject)))
        {
            List<string> details = [.. differences.Take(MaxDetails)];
            if (differences.Count > MaxDetails)
            {
                details.Add(string.Create(CultureInfo.InvariantCulture, $"and {differences.Count - MaxDetails} more"));
            }
            run.Add(new Finding(FindingKind.DamagedCopy, copy.Subject, "it is not what its layers give", details));
            run.BadCopies.Add(copy);
        }
    }

    private void CheckRows(Run run)
    {
        foreach (StoreFile file in _store.NamelessFiles())
        {
            run.Add(new Finding(FindingKind.Nameless, $"{file.Area}/{file.Name}", "no row names it", []));
            run.Nameless.Add(file);
        }
        foreach (StoreFile file in _store.MissingFiles().Where(static file => file.Area != LostRecords.Blobs && (file.Area != "layers" || IsAdditional(file))))
        {
            run.Add(new Finding(FindingKind.MissingDirectory, $"{file.Area}/{file.Name}", "its row is there and its directory is gone", []));
            run.Missing.Add(file);
        }
        _store.Read(connection =>
        {
            foreach (RowCheck check in RowCheck.All)
            {
                if (connection.Query(check.Count).Number() is > 0 and long count)
                {
                    run.Add(Rows(check.Table, check.Reason, count));
                }
            }
            foreach ((string reason, string sql) in Chains)
            {
                if (connection.Query(sql).Number() is > 0 and long count)
                {
                    run.Add(Rows("refs", reason, count));
                }
            }
            foreach (long layer in connection.Query(LostRecords.GroundlessLayers).Rows(row => row.GetInt64(0)))
            {
                string? description = connection.Query("SELECT description FROM cache_layers WHERE id = $id").With("$id", layer).ExecuteScalar() as string;
                run.Add(new Finding(FindingKind.MissingLayer, $"layer ({description})", "it has no directory, and no blob gives it back", []));
            }
            run.Rows = connection.Query("""
                SELECT (SELECT count(*) FROM refs) + (SELECT count(*) FROM cache_layers) + (SELECT count(*) FROM layers) + (SELECT count(*) FROM blobs)
                  + (SELECT count(*) FROM layer_blobs) + (SELECT count(*) FROM cache_keys) + (SELECT count(*) FROM key_links)
                  + (SELECT count(*) FROM key_results) + (SELECT count(*) FROM content_digests)
                """).Number() ?? 0;
            return true;
        });
        List<string> claimants = _store.Read(static connection =>
            connection.Query("SELECT instance FROM ref_leases UNION SELECT instance FROM blob_leases").Rows(row => row.GetString(0)));
        foreach (string dead in claimants.Where(instance => !_store.IsInstanceAlive(instance)))
        {
            run.Add(new Finding(FindingKind.StaleClaim, $"claims of instance {dead}", "its process has ended", []));
            run.DeadClaimants.Add(dead);
        }
    }

    // The directory here of a layer that lies in another store: what is derived from it.
    internal static bool IsAdditional(StoreFile file) => file.Area == "layers" && file.Name.StartsWith('-');

    private static Finding Rows(string table, string reason, long count) => new(
        FindingKind.BrokenRow, table, string.Create(CultureInfo.InvariantCulture, $"{reason}: {count} {(count == 1 ? "row" : "rows")}"), []);

    /// <summary>Rows between records and layers that hang in the air; removing them takes what stands on them along.</summary>
    private static IReadOnlyList<(string Reason, string Count)> Chains { get; } =
    [
        ("the layer is gone", "SELECT count(*) FROM refs r WHERE NOT EXISTS (SELECT 1 FROM cache_layers c WHERE c.id = r.layer)"),
        ("the record below is gone", "SELECT count(*) FROM refs r WHERE r.parent <> 0 AND NOT EXISTS (SELECT 1 FROM refs p WHERE p.id = r.parent)"),
        (
            "the directory's row is gone",
            "SELECT count(*) FROM cache_layers c WHERE c.snapshot IS NOT NULL AND NOT EXISTS (SELECT 1 FROM layers l WHERE l.id = c.snapshot)"),
        (
            "no record of the cache has the layer",
            "SELECT count(*) FROM layers l WHERE NOT EXISTS (SELECT 1 FROM cache_layers c WHERE c.snapshot = l.id)"),
    ];

    /// <summary>What one check has found so far, in the form that mending it needs.</summary>
    internal sealed class Run
    {
        private readonly ConcurrentBag<Finding> _findings = [];
        private int _recorded;
        private int _proven;

        public ConcurrentBag<Digest> BadBlobs { get; } = [];

        public ConcurrentBag<(LayerRow Layer, FindingKind Kind, LayerVerdict? Verdict)> BadLayers { get; } = [];

        public ConcurrentBag<DerivedDirectory> BadCopies { get; } = [];

        public List<StoreFile> Nameless { get; } = [];

        public List<StoreFile> Missing { get; } = [];

        public List<string> DeadClaimants { get; } = [];

        public int Layers { get; set; }

        public int Blobs { get; set; }

        public long Rows { get; set; }

        public void Add(Finding finding) => _findings.Add(finding);

        public void CountRecorded(bool isProven)
        {
            Interlocked.Increment(ref _recorded);
            Interlocked.Add(ref _proven, isProven ? 1 : 0);
        }

        public StoreReport Report() => new(
            [.. _findings.OrderBy(static finding => finding.Kind).ThenBy(static finding => finding.Subject, StringComparer.Ordinal)],
            Layers, Blobs, Rows, _recorded, _proven);
    }
}
