using System.Globalization;
using Cairn.Cache.Recovery;
using Cairn.Cache.Refs;
using Cairn.Llb;
using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Store;

namespace Cairn.Cache.Verification;

/// <summary>
/// Mends what <see cref="StoreVerifier"/> finds. What can be proven is made again: a layer from its blob or its two sides, a blob from its layer,
/// a manifest from a directory that gives the known diff ID. Everything else goes, with what stands on it.
/// </summary>
/// <remarks>Nothing is fetched: what has a source waits until a build needs it.</remarks>
public sealed class StoreRepair
{
    private const int MaxNamed = 20;   // more leftovers of one kind are only counted

    private readonly StoreRoot _store;
    private readonly ISnapshotter _snapshotter;
    private readonly RefStore _refs;
    private readonly ClaimTable _claims;
    private readonly StoreVerifier _verifier;

    internal StoreRepair(StoreRoot store, ISnapshotter snapshotter, RefStore refs, ClaimTable claims, StoreVerifier verifier)
    {
        _store = store;
        _snapshotter = snapshotter;
        _refs = refs;
        _claims = claims;
        _verifier = verifier;
    }

    /// <summary>Checks and mends.</summary>
    /// <param name="progress">Told after each thing that was checked; may be null.</param>
    /// <param name="cancellationToken">Stops between things; what was done stays done.</param>
    public async Task<RepairReport> RunAsync(Action<CheckProgress>? progress, CancellationToken cancellationToken)
    {
        StoreVerifier.Run found = await Task.Run(() => _verifier.Check(progress, cancellationToken), cancellationToken);
        List<RepairStep> steps = [];
        RemoveLeftovers(found, steps);
        RemoveCopies(found, steps);
        List<LayerRow> lost = Reprove(found, steps, cancellationToken);
        List<long> absent = Drop(found, lost, steps);
        await RebuildLayersAsync(absent, steps, cancellationToken);
        await RebuildBlobsAsync(found.BadBlobs, steps, cancellationToken);
        return new RepairReport(found.Report(), steps);
    }

    private void RemoveLeftovers(StoreVerifier.Run found, List<RepairStep> steps)
    {
        foreach (IGrouping<string, StoreFile> area in (found.Nameless.Count == 0 ? [] : _store.RemoveNameless(found.Nameless)).GroupBy(static file => file.Area))
        {
            string[] names = [.. area.Select(static file => $"{file.Area}/{file.Name}")];
            steps.AddRange((names.Length <= MaxNamed ? names : [string.Create(CultureInfo.InvariantCulture, $"{names.Length} entries of {area.Key}")])
                .Select(static name => new RepairStep("removed", name, "no row names it")));
        }
        foreach (string instance in found.DeadClaimants)
        {
            _store.Write(transaction =>
            {
                transaction.Command("DELETE FROM ref_leases WHERE instance = $instance").With("$instance", instance).ExecuteNonQuery();
                transaction.Command("DELETE FROM blob_leases WHERE instance = $instance").With("$instance", instance).ExecuteNonQuery();
            });
            steps.Add(new RepairStep("removed", $"claims of instance {instance}", "its process has ended"));
        }
    }

    private void RemoveCopies(StoreVerifier.Run found, List<RepairStep> steps)
    {
        var derived = new DerivedDirectories(_store, _snapshotter);
        foreach (DerivedDirectory copy in found.BadCopies.OrderBy(static copy => copy.Subject, StringComparer.Ordinal))
        {
            _store.Write(transaction => derived.Remove(transaction, copy));
            steps.Add(new RepairStep("removed", copy.Subject, "it is made again when a mount needs it"));
        }
        foreach (StoreFile file in found.Missing.Where(StoreVerifier.IsAdditional))
        {
            _store.Additional.MakeDirectory(new LayerId(long.Parse(file.Name, CultureInfo.InvariantCulture)));
            steps.Add(new RepairStep("rebuilt", $"{file.Area}/{file.Name}", "it is only for what is derived from the other store's layer"));
        }
        found.Missing.RemoveAll(StoreVerifier.IsAdditional);
    }

    // Where only the record is damaged, the directory is good if its tar is the one that was made of it. Gives the layers that are lost.
    private List<LayerRow> Reprove(StoreVerifier.Run found, List<RepairStep> steps, CancellationToken cancellationToken)
    {
        List<LayerRow> lost = [];
        foreach ((LayerRow layer, FindingKind kind, var verdict) in found.BadLayers.OrderBy(static bad => bad.Layer.Layer.Value))
        {
            if (kind != FindingKind.DamagedManifest || verdict is null || _verifier.IsTarOf(layer, cancellationToken) != true)
            {
                lost.Add(layer);
                continue;
            }
            _store.Write(transaction => transaction.Command("UPDATE layers SET manifest = NULL, contents = NULL WHERE id = $id")
                .With("$id", layer.Layer.Value).ExecuteNonQuery());
            _snapshotter.Manifests.Record(layer.Layer, verdict.Manifest, verdict.Contents);
            steps.Add(new RepairStep("rebuilt", "manifest of " + layer.Subject, "from its directory, which gives the known diff ID"));
        }
        return lost;
    }

    // One transaction: nobody sees a part of it. Gives the layers that lost their directory and can come back.
    private List<long> Drop(StoreVerifier.Run found, List<LayerRow> lost, List<RepairStep> steps)
    {
        List<RepairStep> done = [];
        List<long> absent = _claims.Write(transaction =>
        {
            done.Clear();
            DropLooseRows(transaction, done);
            DroppedRecords dropped = LostRecords.Drop(
                _store, transaction, [.. lost.Select(static layer => layer.Layer)], [.. found.BadBlobs],
                [.. found.Missing.Where(static file => file.Area == LostRecords.CacheMounts)
                    .Select(static file => long.Parse(file.Name, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture))]);
            done.AddRange(dropped.Refs.Where(static text => text.Length > 0)
                .Select(static text => new RepairStep("dropped", $"record '{text}'", "a layer that it stands on is lost")));
            foreach (StoreFile file in found.Missing)
            {
                if (file.Area != LostRecords.CacheMounts)
                {
                    LayerRecovery.RemoveFlattened(_store, transaction, long.Parse(file.Name, CultureInfo.InvariantCulture));
                }
                done.Add(new RepairStep("dropped", $"{file.Area}/{file.Name}", "its directory is gone"));
            }
            DropLooseRows(transaction, done);
            return transaction.Command("SELECT id FROM cache_layers WHERE snapshot IS NULL").Rows(row => row.GetInt64(0));
        });
        HashSet<long> back = [.. absent];
        steps.AddRange(lost.Where(layer => !back.Contains(layer.CacheLayer))
            .Select(static layer => new RepairStep("dropped", layer.Subject, "nothing gives it back")));
        steps.AddRange(done);
        return [.. lost.Select(static layer => layer.CacheLayer).Where(back.Contains)];
    }

    private void DropLooseRows(WriteTransaction transaction, List<RepairStep> steps)
    {
        int records = 0;
        while (transaction.Command("""
            SELECT r.id FROM refs r WHERE NOT EXISTS (SELECT 1 FROM cache_layers c WHERE c.id = r.layer)
              OR (r.parent <> 0 AND NOT EXISTS (SELECT 1 FROM refs p WHERE p.id = r.parent))
            """).Rows(row => row.GetInt64(0)) is { Count: > 0 } loose)
        {
            foreach (long id in loose)
            {
                LostRecords.RemoveRecord(_store, transaction, id);
                records++;
            }
        }
        Tell("refs", records, "the layer or the record below is gone");
        foreach (long layer in transaction.Command(
            "SELECT l.id FROM layers l WHERE NOT EXISTS (SELECT 1 FROM cache_layers c WHERE c.snapshot = l.id)").Rows(row => row.GetInt64(0)))
        {
            LayerRecovery.Remove(_store, transaction, new LayerId(layer));
            steps.Add(new RepairStep("removed", $"layer {layer}", "no record of the cache has it"));
        }
        Tell("cache_layers", transaction.Command("""
            UPDATE cache_layers SET snapshot = NULL, bytes = 0
            WHERE snapshot IS NOT NULL AND NOT EXISTS (SELECT 1 FROM layers l WHERE l.id = cache_layers.snapshot)
            """).ExecuteNonQuery(), "the directory's row is gone");
        foreach (RowCheck check in RowCheck.All)
        {
            Tell(check.Table, transaction.Command(check.Delete).ExecuteNonQuery(), check.Reason);
        }

        void Tell(string table, int rows, string why)
        {
            if (rows > 0)
            {
                steps.Add(new RepairStep("dropped", string.Create(CultureInfo.InvariantCulture, $"{rows} rows of {table}"), why));
            }
        }
    }

    private async Task RebuildLayersAsync(List<long> absent, List<RepairStep> steps, CancellationToken cancellationToken)
    {
        foreach (long layer in absent)
        {
            (long reference, string description, bool canBeHere) = _store.Read(connection => connection.Query("""
                SELECT (SELECT min(id) FROM refs r WHERE r.layer = c.id), c.description, c.diff_lower <> 0 OR c.diff_upper <> 0 OR EXISTS (
                  SELECT 1 FROM layer_blobs l JOIN blobs b ON b.digest = l.digest WHERE l.layer = c.id AND instr(l.variant, '@') = 0)
                FROM cache_layers c WHERE c.id = $id
                """)
                .With("$id", layer).Rows(row => (row.Integer(0) ?? 0, row.GetString(1), row.GetBoolean(2)))[0]);
            string subject = $"layer ({description})";
            using ImmutableRef? held = canBeHere && reference != 0 ? _refs.TryGet(new RefId(reference)) : null;
            if (held is null)
            {
                steps.Add(new RepairStep("reset", subject, "its blob is fetched again when a build needs it"));
                continue;
            }
            try
            {
                LayerRecord[] layers = held.Record.Layers();
                await _refs.Layers.MakeLocalAsync(layers, layers.Length - 1, Offline.Context, cancellationToken);
                steps.Add(new RepairStep("rebuilt", subject, layers[^1].Difference is null ? "from its blob" : "from the two trees that it is the difference of"));
            }
            catch (BuildException e)
            {
                steps.Add(new RepairStep("reset", subject, "it is made again when a build needs it; now it could not be: " + e.Message));
            }
        }
    }

    private async Task RebuildBlobsAsync(
        IEnumerable<Digest> blobs, List<RepairStep> steps, CancellationToken cancellationToken)
    {
        foreach (Digest blob in blobs.OrderBy(static blob => blob.ToString(), StringComparer.Ordinal))
        {
            string subject = $"blob {blob}";
            (long Reference, string Variant)? made = _store.Read(connection => connection.Query("""
                SELECT (SELECT min(id) FROM refs r WHERE r.layer = l.layer), l.variant
                FROM layer_blobs l JOIN cache_layers c ON c.id = l.layer WHERE l.digest = $digest AND l.variant <> '' AND c.snapshot IS NOT NULL
                """)
                .With("$digest", blob.ToString()).Rows(row => ((long, string)?)(row.Integer(0) ?? 0, row.GetString(1))).FirstOrDefault());
            using ImmutableRef? held = made is { Reference: not 0 and long id } ? _refs.TryGet(new RefId(id)) : null;
            if (held is not null && BlobVariant.TryParse(made!.Value.Variant) is { } variant)
            {
                LayerRecord[] layers = held.Record.Layers();
                LayerBlob again = await _refs.Chains.MakeAsync(layers, layers.Length - 1, variant, Offline.Context, cancellationToken);
                steps.Add(again.Descriptor.Digest == blob
                    ? new RepairStep("rebuilt", subject, "from its layer")
                    : new RepairStep("dropped", subject, $"its layer gives {again.Descriptor.Digest} now"));
                continue;
            }
            bool isKnown = _store.Read(connection => connection.Query("SELECT 1 FROM blob_sources WHERE digest = $digest LIMIT 1")
                .With("$digest", blob.ToString()).Number()) is not null;
            steps.Add(isKnown
                ? new RepairStep("reset", subject, "it is fetched again when a build needs it")
                : new RepairStep("dropped", subject, "nothing gives it back"));
        }
    }
}
