using Cairn.Llb;
using Cairn.Snapshotter.Layers;

namespace Cairn.Cache.Refs;

/// <summary>
/// One holder's claim on an immutable list of layers; the layers stay while any claim does. Scratch is no ref at all: null.
/// Making the layers present is a separate step, taken only when somebody needs to look inside.
/// </summary>
public sealed class ImmutableRef : IDisposable
{
    private readonly RefStore _store;
    private RefRecord? _record;

    internal ImmutableRef(RefStore store, RefRecord claimed)
    {
        _store = store;
        _record = claimed;
    }

    /// <summary>Names the record; equal lists of layers have equal ids.</summary>
    public RefId Id => Record.Id;

    /// <summary>How its top came to be.</summary>
    public RefKind Kind => Record.Kind;

    /// <summary>What a person sees of it.</summary>
    public RefDescription Description => Record.Description;

    /// <summary>When the record was made.</summary>
    public DateTimeOffset Created => Record.Created;

    /// <summary>All layers, bottom first; never empty.</summary>
    public IReadOnlyList<LayerRecord> Layers => Record.Layers();

    /// <summary>Whether every layer is here as a directory.</summary>
    public bool IsLocal
    {
        get
        {
            for (RefRecord? at = Record; at is not null; at = at.Parent)
            {
                if (!at.Layer.IsLocal && at.Layer.Staged is null)
                {
                    return false;
                }
            }
            return true;
        }
    }

    internal RefRecord Record => _record ?? throw new ObjectDisposedException(nameof(ImmutableRef));

    internal RefStore Store => _store;

    /// <summary>A second claim, owned by whoever receives it.</summary>
    public ImmutableRef Clone() => new(_store, _store.Claims.Retain(Record));

    /// <summary>Fetches and unpacks the layers that are not here, each once whoever asks.</summary>
    /// <param name="context">On whose behalf.</param>
    /// <param name="cancellationToken">Stops waiting; the work goes on if others wait for it.</param>
    /// <exception cref="ResultLostException">A layer cannot be had any more.</exception>
    public Task MakeLocalAsync(RefContext context, CancellationToken cancellationToken) =>
        _store.Layers.MakeLocalAsync(this, context, cancellationToken);

    /// <summary>A read-only tree of all layers; made local first.</summary>
    /// <param name="context">On whose behalf missing layers are fetched.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The tree; the caller disposes it, and keeps this ref until then.</returns>
    /// <exception cref="ResultLostException">A layer cannot be had any more.</exception>
    public async Task<SnapshotView> ViewAsync(RefContext context, CancellationToken cancellationToken)
    {
        IReadOnlyList<LayerId> layers = await _store.Layers.MakeLocalAsync(this, context, cancellationToken);
        return _store.Snapshotter.View(layers, cancellationToken);
    }

    /// <summary>One blob for each layer, bottom first. What was computed once is found again; nothing is mounted.</summary>
    /// <param name="options">How layers made here become blobs.</param>
    /// <param name="context">On whose behalf missing layers are fetched, where that is needed.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="ResultLostException">A layer cannot be had any more.</exception>
    public Task<IReadOnlyList<LayerBlob>> BlobChainAsync(BlobChainOptions options, RefContext context, CancellationToken cancellationToken) =>
        _store.Chains.BuildAsync(this, options, context, cancellationToken);

    /// <summary>As <see cref="BlobChainAsync"/>, without any work.</summary>
    /// <returns>Null if a blob would have to be made.</returns>
    public IReadOnlyList<LayerBlob>? TryKnownBlobChain(BlobChainOptions options) => _store.Chains.TryKnown(this, options);

    /// <summary>The layers' diff ids as far as they are known without work: all of them for an image.</summary>
    /// <returns>Null if one is unknown.</returns>
    public IReadOnlyList<DiffId>? KnownDiffIds() => _store.Chains.KnownDiffIds(Record);

    /// <summary>Gives the claim up. Memory only: no I/O, never throws, safe to call twice.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _record, null) is { } record)
        {
            _store.Claims.Release(record);
        }
    }
}
