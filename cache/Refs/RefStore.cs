using Cairn.Cache.Blobs;
using Cairn.Llb;
using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Store;

namespace Cairn.Cache.Refs;

/// <summary>Makes and finds refs. A ref is a list of layers; equal lists are the same record, and longer ones share the shorter ones' rows.</summary>
public sealed partial class RefStore
{
    private readonly StoreRoot _store;
    private readonly TimeProvider _clock;

    internal RefStore(StoreRoot store, ISnapshotter snapshotter, BlobStore blobs, ClaimTable claims, Action<RefId> strikeOut, TimeProvider clock)
    {
        _store = store;
        _clock = clock;
        Snapshotter = snapshotter;
        Claims = claims;
        Table = new RefTable(claims);
        Layers = new LayerLoader(store, snapshotter, blobs, claims, strikeOut);
        Chains = new BlobChains(store, snapshotter, blobs, claims, Layers);
    }

    internal ISnapshotter Snapshotter { get; }

    internal ClaimTable Claims { get; }

    internal RefTable Table { get; }

    internal LayerLoader Layers { get; }

    internal BlobChains Chains { get; }

    /// <summary>A writable tree on top of a ref, or on nothing.</summary>
    /// <param name="parent">Borrowed; made local first.</param>
    /// <param name="context">On whose behalf missing layers are fetched.</param>
    /// <param name="cancellationToken">Stops before the tree exists.</param>
    /// <exception cref="ResultLostException">A layer of the parent cannot be had any more.</exception>
    public async Task<MutableRef> PrepareAsync(ImmutableRef? parent, RefContext context, CancellationToken cancellationToken)
    {
        if (parent is null)
        {
            return new MutableRef(this, null, Snapshotter.Prepare([], cancellationToken));
        }
        IReadOnlyList<LayerId> layers = await Layers.MakeLocalAsync(parent, context, cancellationToken);
        ImmutableRef claim = parent.Clone();
        try
        {
            return new MutableRef(this, claim, Snapshotter.Prepare(layers, cancellationToken));
        }
        catch
        {
            claim.Dispose();
            throw;
        }
    }

    /// <summary>Makes a directory of changes that was filled directly a layer on a parent.</summary>
    /// <param name="layer">Filled; owned by the ref from here on.</param>
    /// <param name="parent">The ref below, or null for none; borrowed.</param>
    /// <param name="description">What a person sees of it.</param>
    /// <returns>The ref; its rows are written when something needs them, see <see cref="MutableRef.CommitAsync"/>.</returns>
    public ImmutableRef Adopt(StagedLayer layer, ImmutableRef? parent, RefDescription description)
    {
        ArgumentNullException.ThrowIfNull(layer);
        ArgumentNullException.ThrowIfNull(description);
        if (parent is not null)
        {
            EnsurePublished(parent.Record);   // its owner may give it up before this ref has rows
        }
        DateTimeOffset now = _clock.GetUtcNow();
        var record = new LayerRecord(RefId.NewNumber(), now, description.Description) { Staged = layer };
        return new ImmutableRef(this, Claims.Enter(
            new RefRecord(RefId.New(), parent?.Record, Claims.Share(record), RefKind.Layer, description, now, published: false)));
    }

    /// <summary>
    /// As <see cref="Adopt"/>, for a layer without parent whose unchanged files are hard links to those of an earlier ref: their digests carry over.
    /// </summary>
    /// <param name="layer">Filled; owned by the ref from here on.</param>
    /// <param name="earlier">The ref whose top layer the links lead to; borrowed, held since before the links were made.</param>
    /// <param name="description">What a person sees of it.</param>
    public ImmutableRef AdoptSuccessor(StagedLayer layer, ImmutableRef earlier, RefDescription description)
    {
        ArgumentNullException.ThrowIfNull(earlier);
        ImmutableRef adopted = Adopt(layer, null, description);
        LayerRecord above = earlier.Record.Layer;
        adopted.Record.Layer.Predecessor = (above.Digests ?? above.Predecessor?.Earlier, layer.Manifest);
        return adopted;
    }

    /// <summary>Claims a record by its id.</summary>
    /// <param name="id">From a key's results or an earlier ref.</param>
    /// <returns>Null if the record is gone.</returns>
    public ImmutableRef? TryGet(RefId id) =>
        Claims.TryRetain(id) is { } held ? new ImmutableRef(this, held) : TryGet([id])[0];

    /// <summary>Claims several records with one short write transaction.</summary>
    /// <param name="ids">From results of keys.</param>
    /// <returns>For each id a ref, or null if the record is gone.</returns>
    public IReadOnlyList<ImmutableRef?> TryGet(IReadOnlyList<RefId> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        var refs = new ImmutableRef?[ids.Count];
        bool complete = true;
        for (int i = 0; i < ids.Count; i++)
        {
            refs[i] = Claims.TryRetain(ids[i]) is { } held ? new ImmutableRef(this, held) : null;
            complete &= refs[i] is not null;
        }
        if (complete)
        {
            return refs;
        }
        long now = _clock.GetUtcNow().ToNanoseconds();
        return Claims.Write(transaction =>
        {
            for (int i = 0; i < ids.Count; i++)
            {
                if (refs[i] is null && Table.Load(transaction.Command, ids[i]) is { } record)
                {
                    refs[i] = Claim(transaction, record);
                    RefTable.Touch(transaction, record.Id, now);
                }
            }
            return refs;
        });
    }

    /// <summary>Writes the rows of refs that have none yet, in the given transaction.</summary>
    internal void Publish(WriteTransaction transaction, RefRecord record)
    {
        if (record.IsPublished)
        {
            return;
        }
        if (record.Parent is { } parent)
        {
            Publish(transaction, parent);
        }
        StagedLayer staged = record.Layer.Staged
            ?? throw new BuildException(ErrorKind.Internal, "publish ref", record.Id.ToString(), "its directory was given up");
        LayerUsage usage = staged.Usage;
        LayerId directory = staged.Publish(transaction);
        RefTable.InsertLayer(transaction, record.Layer, directory, usage.Bytes);
        RefTable.InsertRef(transaction, record, named: true);
        Claims.Lease(transaction, record.Id);
        transaction.OnCommitted(staged.Dispose);   // closes its descriptors
        // Set within the turn, so that whoever has the next turn does not publish it again.
        record.Layer.SetDirectory(directory);
        record.Layer.Staged = null;
        record.IsPublished = true;
        Claims.OnFailure(() =>
        {
            record.IsPublished = false;
            record.Layer.Staged = staged;
            record.Layer.SetDirectory(null);
        });
    }

    /// <summary>Makes sure that the ref has its rows.</summary>
    internal void EnsurePublished(RefRecord record)
    {
        if (!record.IsPublished)
        {
            Claims.Write(transaction =>
            {
                Publish(transaction, record);
                return true;
            });
        }
    }

    private ImmutableRef Claim(WriteTransaction transaction, RefRecord record) => new(this, Claims.Enter(transaction, record));
}
