using Cairn.Llb;
using Cairn.Snapshotter.Layers;

namespace Cairn.Cache.Refs;

public sealed partial class RefStore
{
    /// <summary>The layers of all inputs, later ones on top. Nothing is copied, mounted or fetched.</summary>
    /// <param name="inputs">Borrowed; scratch inputs are left out. Of a layer that comes several times the last place counts.</param>
    /// <returns>Null without inputs, the input itself if it is the only one; equal lists of layers give the same record.</returns>
    public ImmutableRef? Merge(IReadOnlyList<ImmutableRef?> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        List<RefRecord> records = [.. inputs.OfType<ImmutableRef>().Select(input => input.Record)];
        if (records.Count == 0)
        {
            return null;
        }
        List<LayerRecord> layers = LastOccurrences(records);
        if (records.Find(record => record.Depth == layers.Count && record.Layers().AsSpan().SequenceEqual(layers.ToArray())) is { } equal)
        {
            return new ImmutableRef(this, Claims.Retain(equal));   // one input, or the others add nothing
        }
        RefRecord first = records[0];
        LayerRecord[] lowest = first.Layers();
        bool onFirst = layers.Count >= lowest.Length && layers.Take(lowest.Length).SequenceEqual(lowest);
        var description = new RefDescription($"merge of {records.Count} inputs", RefDescription.Regular);
        return Stack(onFirst ? first : null, layers.Skip(onFirst ? lowest.Length : 0), RefKind.Merge, description, records);
    }

    /// <summary>The changes that lead from one ref to another.</summary>
    /// <param name="lower">Null is scratch; borrowed.</param>
    /// <param name="upper">Null is scratch; borrowed.</param>
    /// <param name="context">On whose behalf missing layers are fetched; used only once somebody looks inside.</param>
    /// <param name="cancellationToken">Stops before the record exists.</param>
    /// <returns>
    /// Null for no change. If the layers of <paramref name="lower"/> are the lowest of <paramref name="upper"/>, the rest of them; otherwise
    /// one layer, computed when it is needed, whose whiteouts delete what is missing.
    /// </returns>
    public Task<ImmutableRef?> DiffAsync(ImmutableRef? lower, ImmutableRef? upper, RefContext context, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult(Diff(lower, upper));
    }

    /// <summary>A directory of a ref at another place, as a layer of its own: the files are linked, not copied, where that is possible.</summary>
    /// <param name="source">Borrowed; made local first.</param>
    /// <param name="path">Directory in it.</param>
    /// <param name="destination">Where the directory's content is to be.</param>
    /// <param name="description">What a person sees of it.</param>
    /// <param name="context">On whose behalf missing layers are fetched.</param>
    /// <param name="cancellationToken">Stops before the ref exists.</param>
    /// <exception cref="BuildException">There is no such directory.</exception>
    /// <exception cref="ResultLostException">A layer cannot be had any more.</exception>
    public async Task<ImmutableRef> SubtreeAsync(
        ImmutableRef source, string path, string destination, RefDescription description, RefContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(source);
        IReadOnlyList<LayerId> layers = await Layers.MakeLocalAsync(source, context, cancellationToken);
        StagedLayer staged = await Task.Run(() => Snapshotter.StageSubtree(layers, path, destination, cancellationToken), cancellationToken);
        return Adopt(staged, null, description);
    }

    /// <summary>The lazy chain of an image's layers. Layers and blobs that are here are used, the others are fetched when needed.</summary>
    /// <param name="layers">Bottom first.</param>
    /// <param name="description">What a person sees of the record of the whole image.</param>
    /// <returns>Null for an image without layers. Equal chains, of any images, are the same record.</returns>
    public ImmutableRef? FromImage(IReadOnlyList<ImageLayer> layers, RefDescription description)
    {
        ArgumentNullException.ThrowIfNull(layers);
        ArgumentNullException.ThrowIfNull(description);
        if (layers.Count == 0)
        {
            return null;
        }
        DateTimeOffset now = _clock.GetUtcNow();
        return Claims.Write(transaction =>
        {
            RefRecord? top = null;
            ChainId? chain = null;
            for (int i = 0; i < layers.Count; i++)
            {
                ImageLayer layer = layers[i];
                chain = chain?.Append(layer.DiffId) ?? ChainId.Of(layer.DiffId);
                LayerRecord record = Table.FindOrInsertImageLayer(transaction, chain.Value, layer, now);
                top = Table.FindOrInsertChild(transaction, top, record, RefKind.Image, description, now, named: i == layers.Count - 1);
            }
            RefTable.Touch(transaction, top!.Id, now.ToNanoseconds());
            return Claim(transaction, top);
        });
    }

    private ImmutableRef? Diff(ImmutableRef? lower, ImmutableRef? upper)
    {
        if (lower is null)
        {
            return upper?.Clone();
        }
        RefRecord below = lower.Record;
        if (upper?.Record is not { } above)
        {
            return ComputedDifference(below, null);
        }
        LayerRecord[] lowerLayers = below.Layers();
        LayerRecord[] upperLayers = above.Layers();
        if (upperLayers.Length >= lowerLayers.Length && upperLayers.AsSpan(0, lowerLayers.Length).SequenceEqual(lowerLayers))
        {
            LayerRecord[] rest = upperLayers[lowerLayers.Length..];
            return rest.Length == 0 ? null : Stack(null, rest, RefKind.Diff, above.Description, [below, above]);
        }
        return ComputedDifference(below, above);
    }

    private ImmutableRef ComputedDifference(RefRecord lower, RefRecord? upper)
    {
        DateTimeOffset now = _clock.GetUtcNow();
        var description = new RefDescription(upper is null ? "deletion of all files" : "difference of two trees", RefDescription.Regular);
        return Claims.Write(transaction =>
        {
            Publish(transaction, lower);
            if (upper is not null)
            {
                Publish(transaction, upper);
            }
            LayerRecord layer = Table.FindOrInsertDifference(transaction, lower.Id, upper?.Id, description.Description, now);
            RefRecord record = Table.FindOrInsertChild(transaction, null, layer, RefKind.Diff, description, now, named: true);
            return Claim(transaction, record);
        });
    }

    private ImmutableRef Stack(
        RefRecord? bottom, IEnumerable<LayerRecord> layers, RefKind kind, RefDescription description, IReadOnlyList<RefRecord> sources)
    {
        DateTimeOffset now = _clock.GetUtcNow();
        return Claims.Write(transaction =>
        {
            foreach (RefRecord source in sources)
            {
                Publish(transaction, source);
            }
            RefRecord? top = bottom;
            using IEnumerator<LayerRecord> next = layers.GetEnumerator();
            bool more = next.MoveNext();
            while (more)
            {
                LayerRecord layer = next.Current;
                more = next.MoveNext();
                top = Table.FindOrInsertChild(transaction, top, layer, kind, description, now, named: !more);
            }
            return Claim(transaction, top!);
        });
    }

    private static List<LayerRecord> LastOccurrences(List<RefRecord> records)
    {
        LayerRecord[] all = [.. records.SelectMany(record => record.Layers())];
        var seen = new HashSet<LayerRecord>(all.Length);
        List<LayerRecord> kept = [];
        for (int i = all.Length - 1; i >= 0; i--)
        {
            if (seen.Add(all[i]))
            {
                kept.Add(all[i]);
            }
        }
        kept.Reverse();
        return kept;
    }
}
