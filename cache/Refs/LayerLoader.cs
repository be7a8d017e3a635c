using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Cairn.Cache.Blobs;
using Cairn.Llb;
using Cairn.Snapshotter.Compression;
using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Store;
using Cairn.Snapshotter.Tars;

namespace Cairn.Cache.Refs;

/// <summary>
/// Brings layers here: fetches and unpacks blobs, computes differences. Each layer once, whoever asks, also when it is part of several refs.
/// Blobs are fetched and unpacked side by side; only a layer that turns out to need those below waits for them.
/// </summary>
[SuppressMessage("Reliability", "CA1001", Justification = "A semaphore whose wait handle is never asked for holds nothing.")]
internal sealed class LayerLoader
{
    private readonly StoreRoot _store;
    private readonly ISnapshotter _snapshotter;
    private readonly BlobStore _blobs;
    private readonly ClaimTable _claims;
    private readonly RefTable _table;
    private readonly Action<RefId> _strikeOut;
    private readonly SemaphoreSlim _unpacking = new(Environment.ProcessorCount);   // never held while another layer is waited for
    private readonly SharedWork<long, LayerId> _running = new();

    public LayerLoader(StoreRoot store, ISnapshotter snapshotter, BlobStore blobs, ClaimTable claims, Action<RefId> strikeOut)
    {
        _store = store;
        _snapshotter = snapshotter;
        _blobs = blobs;
        _claims = claims;
        _table = new RefTable(claims);
        _strikeOut = strikeOut;
    }

    /// <summary>All layers of the ref as directories, bottom first.</summary>
    public async Task<IReadOnlyList<LayerId>> MakeLocalAsync(ImmutableRef reference, RefContext context, CancellationToken cancellationToken)
    {
        RefRecord record = reference.Record;
        reference.Store.EnsurePublished(record);
        LayerRecord[] layers = record.Layers();
        var present = new LayerId[layers.Length];
        List<Task>? missing = null;
        for (int i = 0; i < layers.Length; i++)
        {
            if (Here(layers[i]) is { } directory)
            {
                present[i] = directory;
                continue;
            }
            int at = i;
            (missing ??= []).Add(LoadAsync(layers, at, present, context, cancellationToken));
        }
        if (missing is not null)
        {
            try
            {
                await Task.WhenAll(missing);
            }
            catch (BuildException e) when (!cancellationToken.IsCancellationRequested && e is not ResultLostException)
            {
                _strikeOut(record.Id);
                throw new ResultLostException(record.Id, Subject(record), e.Message, e);
            }
        }
        return present;
    }

    /// <summary>One layer as a directory; <paramref name="layers"/> holds it at <paramref name="at"/> and those below it before.</summary>
    public Task<LayerId> MakeLocalAsync(LayerRecord[] layers, int at, RefContext context, CancellationToken cancellationToken) =>
        Here(layers[at]) is { } directory
            ? Task.FromResult(directory)
            : _running.RunAsync(layers[at].Id, token => LoadAsync(layers, at, context, token), cancellationToken);

    private static string Subject(RefRecord record) =>
        record.Description.Description.Length == 0 ? record.Id.ToString() : $"{record.Id} ({record.Description.Description})";

    private async Task LoadAsync(LayerRecord[] layers, int at, LayerId[] present, RefContext context, CancellationToken cancellationToken) =>
        present[at] = await MakeLocalAsync(layers, at, context, cancellationToken);

    // A directory that somebody removed behind our back counts as absent.
    private LayerId? Here(LayerRecord layer) =>
        layer.Directory is { } id && Directory.Exists(_snapshotter.ChangesDirectory(id)) ? id : null;

    private async Task<LayerId> LoadAsync(LayerRecord[] layers, int at, RefContext context, CancellationToken cancellationToken)
    {
        LayerRecord layer = layers[at];
        Refresh(layer);
        if (Here(layer) is { } directory)
        {
            return directory;
        }
        (List<KnownBlob> known, Dictionary<Digest, List<BlobSource>> sources) = _store.Read(connection =>
        {
            List<KnownBlob> blobs = LayerBlobTable.Read(connection, layer.Id);
            return (blobs, blobs.DistinctBy(blob => blob.Descriptor.Digest)
                .ToDictionary(blob => blob.Descriptor.Digest, blob => LayerBlobTable.Sources(connection, blob.Descriptor.Digest)));
        });
        BuildException? first = null;
        // A difference that was computed once is never computed anew while a blob has what came out.
        foreach (KnownBlob blob in known.Where(blob => blob.IsLocal || layer.Difference is null).OrderByDescending(blob => blob.IsLocal).ThenByDescending(blob => blob.IsOriginal))
        {
            if (blob.Variant.Contains(BlobVariant.ClampMark, StringComparison.Ordinal))
            {
                continue;   // its times are not the layer's
            }
            try
            {
                return await UnpackAsync(layers, at, blob, sources[blob.Descriptor.Digest], context, cancellationToken);
            }
            catch (BuildException e)
            {
                first ??= e;
            }
        }
        if (layer.Difference is { } difference)
        {
            return await ComputeDifferenceAsync(layer, difference, context, cancellationToken);
        }
        throw first ?? new BuildException(
            ErrorKind.Environment, "load layer", layer.Description, "its directory is gone and no blob gives it back");
    }

    private async Task<LayerId> UnpackAsync(
        LayerRecord[] layers, int at, KnownBlob blob, List<BlobSource> sources, RefContext context, CancellationToken cancellationToken)
    {
        Descriptor descriptor = blob.Descriptor;
        LayerId[]? below = at == 0 ? [] : null;
        bool damaged = false;
        while (true)
        {
            await using Stream compressed = await _blobs.FetchAsync(descriptor, sources, context, cancellationToken);
            Unpacked result;
            await _unpacking.WaitAsync(cancellationToken);
            try
            {
                using IProgressItem progress = context.Progress.Begin(descriptor.Digest.ToString(), "extracting", descriptor.Size);
                result = await Task.Run(() => Unpack(compressed, blob, below, progress, cancellationToken), cancellationToken);
            }
            finally
            {
                _unpacking.Release();
            }
            if (result.Layer is { } staged)
            {
                using (staged)
                {
                    Failpoints.Hit("layer.unpacked");
                    if (!result.HasRoot && at > 0 && IsChild(layers[at - 1], blob.DiffId, layers[at]))
                    {
                        staged.TakeRootOf(await MakeLocalAsync(layers, at - 1, context, cancellationToken), _snapshotter);
                    }
                    return Publish(layers[at], staged, blob.DiffId);
                }
            }
            if (result.NeedsBelow)
            {
                below = await BelowAsync(layers, at, context, cancellationToken);   // a link leads there, or a directory is not described here
                continue;
            }
            _blobs.Discard(descriptor.Digest);   // damaged on disk
            if (damaged || sources.Count == 0)
            {
                throw new BuildException(
                    ErrorKind.Environment, "unpack layer", descriptor.Digest.ToString(), "the stored blob is damaged and no source gives it back");
            }
            damaged = true;
        }
    }

    // Neither a layer nor a need if the stored bytes are not those of the digest; an honest blob whose content is wrong is the image's fault.
    private Unpacked Unpack(Stream compressed, KnownBlob blob, LayerId[]? below, IProgressItem progress, CancellationToken cancellationToken)
    {
        using var blobHash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var tarHash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        StagedLayer staged = _snapshotter.Stage();
        try
        {
            using var counted = new HashingStream(compressed, blobHash, progress);
            BuildException? failure = null;
            bool hasRoot = false;
            try
            {
                using Stream tar = Compressors.Decompress(counted);
                using var hashed = new HashingStream(tar, tarHash, progress: null);
                hasRoot = LayerTarReader.Apply(hashed, staged, () => below ?? throw new BelowNeededException(), _snapshotter, cancellationToken);
                hashed.CopyTo(Stream.Null);
            }
            catch (BelowNeededException)
            {
                staged.Dispose();
                return new Unpacked(null, NeedsBelow: true, HasRoot: false);
            }
            catch (Exception e) when (e is InvalidDataException or IOException or BuildException)
            {
                failure = e as BuildException
                    ?? new BuildException(ErrorKind.Environment, "unpack layer", blob.Descriptor.Digest.ToString(), e.Message, inner: e);
            }
            counted.CopyTo(Stream.Null);
            if (Digest.FromHash(blobHash) != blob.Descriptor.Digest)
            {
                staged.Dispose();
                return default;
            }
            if (failure is not null)
            {
                throw failure;
            }
            Digest tarDigest = Digest.FromHash(tarHash);
            if (tarDigest != blob.DiffId.Digest)
            {
                throw new BuildException(
                    ErrorKind.Input, "unpack layer", blob.Descriptor.Digest.ToString(),
                    $"its content has the diff ID {tarDigest}, and the image says {blob.DiffId}");
            }
            return new Unpacked(staged, NeedsBelow: false, hasRoot);
        }
        catch
        {
            staged.Dispose();
            throw;
        }
    }

    // In a merge, the layer before need not be the one that this one was made on.
    private static bool IsChild(LayerRecord parent, DiffId diffId, LayerRecord layer) =>
        layer.ChainId is { } chain && parent.ChainId?.Append(diffId) == chain;

    private async Task<LayerId[]> BelowAsync(LayerRecord[] layers, int at, RefContext context, CancellationToken cancellationToken)
    {
        if (at > 0)
        {
            await MakeLocalAsync(layers, at - 1, context, cancellationToken);
        }
        var below = new LayerId[at];
        for (int i = 0; i < at; i++)
        {
            below[i] = Here(layers[i]) ?? await MakeLocalAsync(layers, i, context, cancellationToken);
        }
        return below;
    }

    private async Task<LayerId> ComputeDifferenceAsync(
        LayerRecord layer, (long Lower, long Upper) difference, RefContext context, CancellationToken cancellationToken)
    {
        IReadOnlyList<LayerId> lower = await SideAsync(difference.Lower, context, cancellationToken);
        IReadOnlyList<LayerId> upper = await SideAsync(difference.Upper, context, cancellationToken);
        using StagedLayer staged = await Task.Run(() => _snapshotter.Diff(lower, upper, cancellationToken), cancellationToken);
        return Publish(layer, staged, diffId: null);
    }

    // The collector keeps both sides while the difference is not computed.
    private async Task<IReadOnlyList<LayerId>> SideAsync(long id, RefContext context, CancellationToken cancellationToken)
    {
        if (id == 0)
        {
            return [];
        }
        RefRecord record = _store.Read(connection => _table.Load(connection.Query, new RefId(id)))
            ?? throw new BuildException(ErrorKind.Environment, "compute difference", new RefId(id).ToString(), "one of its sides is gone");
        LayerRecord[] layers = record.Layers();
        return await Task.WhenAll(Enumerable.Range(0, layers.Length).Select(i => MakeLocalAsync(layers, i, context, cancellationToken)));
    }

    private LayerId Publish(LayerRecord layer, StagedLayer staged, DiffId? diffId)
    {
        LayerUsage usage = staged.Usage;
        return _claims.Write(transaction =>
        {
            long? present = transaction.Command("SELECT snapshot FROM cache_layers WHERE id = $id").With("$id", layer.Id).Number();
            if (present is { } other && Directory.Exists(_snapshotter.ChangesDirectory(new LayerId(other))))
            {
                transaction.OnCommitted(() => layer.SetDirectory(new LayerId(other)));   // another process was faster
                return new LayerId(other);
            }
            LayerId directory = staged.Publish(transaction);
            transaction.Command("""
                UPDATE cache_layers SET snapshot = $snapshot, bytes = $bytes, diff_id = coalesce(diff_id, $diff) WHERE id = $id
                """)
                .With("$snapshot", directory.Value).With("$bytes", usage.Bytes).With("$diff", diffId?.ToString()).With("$id", layer.Id)
                .ExecuteNonQuery();
            if (present is { } gone)
            {
                _snapshotter.Remove(transaction, new LayerId(gone), force: true);
            }
            transaction.OnCommitted(() => layer.SetDirectory(directory));
            return directory;
        });
    }

    private void Refresh(LayerRecord layer)
    {
        long? directory = _store.Read(connection =>
            connection.Query("SELECT snapshot FROM cache_layers WHERE id = $id").With("$id", layer.Id).Number());
        layer.SetDirectory(directory is { } id ? new LayerId(id) : null);
    }

    private readonly record struct Unpacked(StagedLayer? Layer, bool NeedsBelow, bool HasRoot);

    private sealed class BelowNeededException : Exception;
}
