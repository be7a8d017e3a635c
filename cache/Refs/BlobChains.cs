using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Cairn.Cache.Blobs;
using Cairn.Llb;
using Cairn.Snapshotter.Compression;
using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Store;
using Cairn.Snapshotter.Tars;

namespace Cairn.Cache.Refs;

/// <summary>Turns layers into blobs, each (layer, codec, level, clamp) once, and finds them again.</summary>
[SuppressMessage("Reliability", "CA1001", Justification = "A semaphore whose wait handle is never asked for holds nothing.")]
internal sealed class BlobChains
{
    private readonly StoreRoot _store;
    private readonly ISnapshotter _snapshotter;
    private readonly BlobStore _blobs;
    private readonly ClaimTable _claims;
    private readonly LayerLoader _loader;
    private readonly SemaphoreSlim _slots = new(Environment.ProcessorCount);
    private readonly SharedWork<(long Layer, string Variant), LayerBlob> _running = new();

    public BlobChains(StoreRoot store, ISnapshotter snapshotter, BlobStore blobs, ClaimTable claims, LayerLoader loader)
    {
        _store = store;
        _snapshotter = snapshotter;
        _blobs = blobs;
        _claims = claims;
        _loader = loader;
    }

    public IReadOnlyList<DiffId>? KnownDiffIds(RefRecord record) => _store.Read(connection =>
    {
        List<DiffId> ids = new(record.Depth);
        foreach (LayerRecord layer in record.Layers())
        {
            string? text = connection.Query("SELECT diff_id FROM cache_layers WHERE id = $id").With("$id", layer.Id).ExecuteScalar() as string;
            if (text is null)
            {
                return null;
            }
            ids.Add(new DiffId(Digest.Parse(text)));
        }
        return ids;
    });

    public async Task<IReadOnlyList<LayerBlob>> BuildAsync(
        ImmutableRef reference, BlobChainOptions options, RefContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        LayerBlob?[] plan = Plan(reference, options, out LayerRecord[] layers);
        List<Task> work = [];
        for (int i = 0; i < layers.Length; i++)
        {
            if (plan[i] is { IsLocal: true } local && !File.Exists(_store.BlobPath(local.Descriptor.Digest)) && !_blobs.Exists(local.Descriptor.Digest))
            {
                _blobs.Discard(local.Descriptor.Digest);   // a row without its file: fetched or made again
                plan[i] = local.Sources.Count > 0 ? local with { IsLocal = false } : null;
            }
            if (plan[i] is null)
            {
                work.Add(FillAsync(plan, layers, i, options, context, cancellationToken));
            }
        }
        await Task.WhenAll(work);
        return plan!;
    }

    /// <summary>The chain if every blob of it is here or known to be elsewhere; null if one would have to be made.</summary>
    public IReadOnlyList<LayerBlob>? TryKnown(ImmutableRef reference, BlobChainOptions options)
    {
        LayerBlob?[] plan = Plan(reference, options, out _);
        if (!Array.TrueForAll(plan, blob => blob is { IsLocal: true } or { Sources.Count: > 0 }))
        {
            return null;
        }
        return plan!;
    }

    // What is known already; null where a blob has to be made.
    private LayerBlob?[] Plan(ImmutableRef reference, BlobChainOptions options, out LayerRecord[] layers)
    {
        RefRecord record = reference.Record;
        reference.Store.EnsurePublished(record);
        LayerRecord[] all = layers = record.Layers();
        var plan = new LayerBlob?[all.Length];
        _store.Read(connection =>
        {
            for (int i = 0; i < all.Length; i++)
            {
                List<KnownBlob> known = _blobs.KnownFor(connection, all[i].Id);
                if (Choose(known, options, i) is { } chosen)
                {
                    plan[i] = Describe(all[i], chosen, chosen.IsOriginal ? LayerBlobTable.Sources(connection, chosen.Descriptor.Digest) : []);
                }
            }
            return true;
        });
        return plan;
    }

    private static LayerBlob Describe(LayerRecord layer, KnownBlob blob, IReadOnlyList<BlobSource> sources) =>
        new(blob.Descriptor, blob.DiffId)
        {
            CreatedAt = layer.Created, Description = layer.Description, Sources = sources, IsLocal = blob.IsLocal,
        };

    private static BlobVariant Wanted(BlobChainOptions options, int at) =>
        new(options.Compression, options.Level, at >= options.KeepLeading ? options.ClampSeconds : null);

    private static KnownBlob? Choose(List<KnownBlob> known, BlobChainOptions options, int at)
    {
        BlobVariant wanted = Wanted(options, at);
        KnownBlob? original = known.Where(blob => blob.IsOriginal).OrderByDescending(blob => blob.IsLocal).FirstOrDefault();
        if (original is not null && wanted.ClampSeconds is null
            && (!options.Force || BlobVariant.CompressionOf(original.Descriptor.MediaType) == options.Compression))
        {
            return original;
        }
        return known.Find(blob => blob.Variant == wanted.Name && blob.IsLocal);
    }

    private async Task FillAsync(
        LayerBlob?[] plan, LayerRecord[] layers, int at, BlobChainOptions options, RefContext context, CancellationToken cancellationToken)
    {
        BlobVariant wanted = Wanted(options, at);
        plan[at] = await _running.RunAsync(
            (layers[at].Id, wanted.Name), token => MakeAsync(layers, at, wanted, context, token), cancellationToken);
    }

    /// <summary>Makes one blob of a layer, whether there is one or not.</summary>
    public async Task<LayerBlob> MakeAsync(
        LayerRecord[] layers, int at, BlobVariant variant, RefContext context, CancellationToken cancellationToken)
    {
        LayerRecord layer = layers[at];
        KnownBlob? original = _store.Read(connection => _blobs.KnownFor(connection, layer.Id)).Find(blob => blob.IsOriginal);
        if (original is not null && variant.ClampSeconds is null && (original.IsLocal || !layer.IsLocal))
        {
            List<BlobSource> sources = _store.Read(connection => LayerBlobTable.Sources(connection, original.Descriptor.Digest));
            await using Stream compressed = await _blobs.FetchAsync(original.Descriptor, sources, context, cancellationToken);
            return await WriteAsync(
                layer, variant, context, tar =>
                {
                    using Stream plain = Compressors.Decompress(compressed);
                    plain.CopyTo(tar);   // the same tar, so the diff ID stays
                },
                cancellationToken);
        }
        LayerId directory = await _loader.MakeLocalAsync(layers, at, context, cancellationToken);
        using UsedLayers used = _snapshotter.Use([directory]);
        var tarOptions = new LayerTarOptions { ClampSeconds = variant.ClampSeconds };
        return await WriteAsync(
            layer, variant, context,
            tar => LayerTarWriter.Write(used.Directories[0], tar, tarOptions, cancellationToken), cancellationToken);
    }

    private async Task<LayerBlob> WriteAsync(
        LayerRecord layer, BlobVariant variant, RefContext context, Action<Stream> writeTar, CancellationToken cancellationToken)
    {
        await _slots.WaitAsync(cancellationToken);
        try
        {
            using IProgressItem progress = context.Progress.Begin(layer.Description, "exporting layer", 0);
            return await Task.Run(() => Write(layer, variant, progress, writeTar, cancellationToken), cancellationToken);
        }
        finally
        {
            _slots.Release();
        }
    }

    private LayerBlob Write(LayerRecord layer, BlobVariant variant, IProgressItem progress, Action<Stream> writeTar, CancellationToken cancellationToken)
    {
        using BlobWriter writer = _blobs.Create();
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using (Stream compress = Compressors.Compress(writer, variant.Compression, variant.Level))
        using (var tar = new HashingStream(compress, hash, progress))
        {
            writeTar(tar);
        }
        cancellationToken.ThrowIfCancellationRequested();
        var diffId = new DiffId(Digest.FromHash(hash));
        Descriptor? descriptor = null;
        using BlobClaim claim = writer.Commit(null, null, (transaction, digest, size) =>
        {
            descriptor = new Descriptor(variant.MediaType, digest, size);
            transaction.Command("DELETE FROM layer_blobs WHERE layer = $layer AND variant = $variant")
                .With("$layer", layer.Id).With("$variant", variant.Name).ExecuteNonQuery();
            LayerBlobTable.Insert(transaction, layer.Id, variant.Name, descriptor, diffId);
            if (variant.ClampSeconds is null)
            {
                transaction.Command("UPDATE cache_layers SET diff_id = $diff WHERE id = $id AND diff_id IS NULL")
                    .With("$diff", diffId.ToString()).With("$id", layer.Id).ExecuteNonQuery();
            }
        });
        return new LayerBlob(descriptor!, diffId) { CreatedAt = layer.Created, Description = layer.Description, IsLocal = true };
    }
}
