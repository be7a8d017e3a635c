using Cairn.Llb;
using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Store;
using Microsoft.Data.Sqlite;

namespace Cairn.Cache.Refs;

/// <summary>Rows of refs and layers.</summary>
internal sealed class RefTable
{
    private const string LayerColumns = "id, snapshot, chain_id, diff_lower, diff_upper, created, description";

    private const string SelectRef =
        "SELECT id, parent, layer, kind, record_type, description, created FROM refs WHERE id = $id";

    private readonly ClaimTable _claims;

    public RefTable(ClaimTable claims) => _claims = claims;

    /// <summary>Counts a use.</summary>
    public static void Touch(WriteTransaction transaction, RefId id, long now) =>
        transaction.Command("UPDATE refs SET last_used = $now, uses = uses + 1 WHERE id = $id")
            .With("$now", now).With("$id", id.Value).ExecuteNonQuery();

    public static void InsertLayer(WriteTransaction transaction, LayerRecord layer, LayerId? directory, long bytes) =>
        transaction.Command("""
            INSERT INTO cache_layers(id, snapshot, chain_id, diff_id, diff_lower, diff_upper, created, description, bytes, sequence, boot)
            VALUES ($id, $snapshot, $chain, NULL, $lower, $upper, $created, $description, $bytes, $sequence, $boot)
            """)
            .With("$id", layer.Id).With("$snapshot", directory?.Value).With("$chain", layer.ChainId?.ToString())
            .With("$lower", layer.Difference?.Lower ?? 0).With("$upper", layer.Difference?.Upper ?? 0)
            .With("$created", layer.Created.ToNanoseconds()).With("$description", layer.Description).With("$bytes", bytes)
            .With("$sequence", transaction.Sequence).With("$boot", transaction.BootId).ExecuteNonQuery();

    public static void InsertRef(WriteTransaction transaction, RefRecord record, bool named) =>
        transaction.Command("""
            INSERT INTO refs(id, parent, layer, kind, named, record_type, description, created, last_used, uses, sequence, boot)
            VALUES ($id, $parent, $layer, $kind, $named, $type, $description, $created, 0, 0, $sequence, $boot)
            """)
            .With("$id", record.Id.Value).With("$parent", record.Parent?.Id.Value ?? 0).With("$layer", record.Layer.Id)
            .With("$kind", (int)record.Kind).With("$named", named ? 1 : 0).With("$type", record.Description.RecordType)
            .With("$description", record.Description.Description).With("$created", record.Created.ToNanoseconds())
            .With("$sequence", transaction.Sequence).With("$boot", transaction.BootId).ExecuteNonQuery();

    /// <summary>The record with all below it; stops at the first one that this process holds. No claim is taken.</summary>
    public RefRecord? Load(Func<string, SqliteCommand> query, RefId id)
    {
        List<RefRow> rows = [];
        RefRecord? record = null;
        for (long at = id.Value; at != 0;)
        {
            record = _claims.Find(new RefId(at));
            if (record is not null)
            {
                break;
            }
            if (query(SelectRef).With("$id", at).Rows(RefRow.Read) is not [RefRow row])
            {
                return null;
            }
            rows.Add(row);
            at = row.Parent;
        }
        for (int i = rows.Count - 1; i >= 0; i--)
        {
            RefRow row = rows[i];
            if (LoadLayer(query, "id = $value", row.Layer) is not { } layer)
            {
                return null;
            }
            record = new RefRecord(new RefId(row.Id), record, layer, row.Kind, row.Description, row.Created.ToTime(), published: true);
        }
        return record;
    }

    /// <summary>The record of one more layer on a parent, made if it is new. No claim is taken.</summary>
    /// <param name="transaction">The write turn.</param>
    /// <param name="parent">The record below, null for none.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="kind">How it came to be, if it is new.</param>
    /// <param name="description">What a person sees of it, if it is new.</param>
    /// <param name="now">When it was made, if it is new.</param>
    /// <param name="named">Somebody asks for it.</param>
    /// <param name="id">Its id if it is new and the id is not taken; null for any.</param>
    public RefRecord FindOrInsertChild(
        WriteTransaction transaction, RefRecord? parent, LayerRecord layer, RefKind kind, RefDescription description, DateTimeOffset now, bool named,
        RefId? id = null)
    {
        long? existing = transaction.Command("SELECT id FROM refs WHERE parent = $parent AND layer = $layer")
            .With("$parent", parent?.Id.Value ?? 0).With("$layer", layer.Id).Number();
        if (existing is { } known)
        {
            if (named)
            {
                transaction.Command("UPDATE refs SET named = 1 WHERE id = $id AND named = 0").With("$id", known).ExecuteNonQuery();
            }
            return _claims.Find(new RefId(known)) ?? ReadOnParent(transaction.Command, known, parent, layer);
        }
        RefId free = id is { } wanted && transaction.Command("SELECT 1 FROM refs WHERE id = $id").With("$id", wanted.Value).Number() is null
            ? wanted : RefId.New();
        var record = new RefRecord(free, parent, layer, kind, description, now, published: true);
        InsertRef(transaction, record, named);
        return record;
    }

    /// <summary>The layer of an image by its chain, made if it is new; its blob and source are noted.</summary>
    public LayerRecord FindOrInsertImageLayer(WriteTransaction transaction, ChainId chain, ImageLayer image, DateTimeOffset now)
    {
        LayerRecord? layer = LoadLayer(transaction.Command, "chain_id = $value", chain.ToString());
        if (layer is null)
        {
            layer = _claims.Share(
                new LayerRecord(RefId.NewNumber(), image.Created ?? now, image.Description ?? $"layer {image.Blob.Digest}") { ChainId = chain });
            InsertLayer(transaction, layer, directory: null, bytes: 0);
            transaction.Command("UPDATE cache_layers SET diff_id = $diff WHERE id = $id")
                .With("$diff", image.DiffId.ToString()).With("$id", layer.Id).ExecuteNonQuery();
        }
        LayerBlobTable.Insert(transaction, layer.Id, LayerBlobTable.Original, image.Blob, image.DiffId);
        LayerBlobTable.AddSource(transaction, image.Blob.Digest, image.Source, now.ToNanoseconds());
        return layer;
    }

    /// <summary>A layer that was found in an additional store: the one that is known here as the same, else a new one, still without directory.</summary>
    public LayerRecord FindOrInsertFound(WriteTransaction transaction, FoundLayer found)
    {
        LayerRecord given = found.Layer;
        LayerRecord? layer = LoadLayer(transaction.Command, "id = $value", given.Id)
            ?? (given.ChainId is { } chain ? LoadLayer(transaction.Command, "chain_id = $value", chain.ToString()) : null);
        if (layer is null && given.Difference is { } sides
            && transaction.Command("SELECT id FROM cache_layers WHERE diff_lower = $lower AND diff_upper = $upper")
                .With("$lower", sides.Lower).With("$upper", sides.Upper).Number() is { } same)
        {
            layer = LoadLayer(transaction.Command, "id = $value", same);
        }
        if (layer is null)
        {
            layer = _claims.Share(given);
            InsertLayer(transaction, layer, directory: null, bytes: 0);
            transaction.Command("UPDATE cache_layers SET diff_id = $diff WHERE id = $id")
                .With("$diff", found.DiffId).With("$id", layer.Id).ExecuteNonQuery();
        }
        foreach ((KnownBlob blob, IReadOnlyList<BlobSource> sources) in found.Blobs)
        {
            LayerBlobTable.Insert(transaction, layer.Id, blob.Variant, blob.Descriptor, blob.DiffId);
            foreach (BlobSource source in sources)
            {
                LayerBlobTable.AddSource(transaction, blob.Descriptor.Digest, source, found.Created.ToNanoseconds());
            }
        }
        return layer;
    }

    /// <summary>The layer that is the difference of two refs, made if it is new; it is computed when somebody looks inside.</summary>
    public LayerRecord FindOrInsertDifference(WriteTransaction transaction, RefId lower, RefId? upper, string description, DateTimeOffset now)
    {
        long upperId = upper?.Value ?? 0;
        long? existing = transaction.Command("SELECT id FROM cache_layers WHERE diff_lower = $lower AND diff_upper = $upper")
            .With("$lower", lower.Value).With("$upper", upperId).Number();
        if (existing is { } id && LoadLayer(transaction.Command, "id = $value", id) is { } known)
        {
            return known;
        }
        LayerRecord layer = _claims.Share(
            new LayerRecord(RefId.NewNumber(), now, description) { Difference = (lower.Value, upperId) });
        InsertLayer(transaction, layer, directory: null, bytes: 0);
        return layer;
    }

    private LayerRecord? LoadLayer(Func<string, SqliteCommand> query, string where, object value)
    {
        LayerRow? row = query($"SELECT {LayerColumns} FROM cache_layers WHERE {where}").With("$value", value)
            .Rows(LayerRow.Read).FirstOrDefault();
        return row is null ? null : _claims.Share(row.ToRecord());
    }

    private static RefRecord ReadOnParent(Func<string, SqliteCommand> query, long id, RefRecord? parent, LayerRecord layer)
    {
        RefRow row = query(SelectRef).With("$id", id).Rows(RefRow.Read)[0];
        return new RefRecord(new RefId(id), parent, layer, row.Kind, row.Description, row.Created.ToTime(), published: true);
    }

    private sealed record RefRow(long Id, long Parent, long Layer, RefKind Kind, RefDescription Description, long Created)
    {
        public static RefRow Read(SqliteDataReader row) => new(
            row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), (RefKind)row.GetInt32(3),
            new RefDescription(row.GetString(5), row.GetString(4)), row.GetInt64(6));
    }

    private sealed record LayerRow(long Id, long? Snapshot, string? Chain, long Lower, long Upper, long Created, string Description)
    {
        public static LayerRow Read(SqliteDataReader row) => new(
            row.GetInt64(0), row.Integer(1), row.Text(2), row.GetInt64(3), row.GetInt64(4), row.GetInt64(5), row.GetString(6));

        public LayerRecord ToRecord()
        {
            var record = new LayerRecord(Id, Created.ToTime(), Description)
            {
                ChainId = Chain is null ? null : new ChainId(Digest.Parse(Chain)),
                Difference = Lower == 0 && Upper == 0 ? null : (Lower, Upper),
            };
            record.SetDirectory(Snapshot is { } snapshot ? new LayerId(snapshot) : null);
            return record;
        }
    }
}
