using Cairn.Cache.Refs;
using Cairn.Llb;
using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Locals;
using Cairn.Solver.Ops;
using Cairn.Solver.Sessions;

namespace Cairn.Solver.Sources;

/// <summary>
/// Makes one layer of a directory of this host as it is now. What has not changed since the last sync is not read again: if nothing has, the
/// last layer is the result, else its unchanged files get a second name in the new layer.
/// </summary>
internal sealed class LocalSync(OpContext context, ILocalFiles files, string name, bool trustsNothing)
{
    /// <exception cref="BuildException">The directory cannot be read, or the client sends what cannot be.</exception>
    public async Task<ImmutableRef> RunAsync(string shared, LocalFilter filter, CancellationToken cancellationToken)
    {
        using IProgressItem progress = context.Progress.Begin($"transferring {name}:", "", 0);
        var store = new LocalSyncStore(context, name, shared, LocalSyncStore.FilterKey(filter, null));
        List<LocalEntry> entries = await WalkAsync(filter, cancellationToken);
        List<LocalRecord> records = [.. entries.Select(LocalRecord.Of)];
        byte[] manifest = LocalManifest.Encode(records);

        using LocalBase? last = store.Open();
        if (last is not null && last.Row.IsSameFilter && last.Row.IsSettled && !trustsNothing && last.Row.Manifest.AsSpan().SequenceEqual(manifest))
        {
            return last.Ref.Clone();
        }

        using var plan = new LocalSyncPlan(files, entries, records, last, trustsNothing);
        ImmutableRef result = last is not null && plan.ChangesNothing(cancellationToken)
            ? last.Ref.Clone()
            : await WriteAsync(store, plan, last, progress, cancellationToken);
        store.Save(result, plan.WasCorrected ? LocalManifest.Encode(plan.Records) : manifest, plan.Records);
        return result;
    }

    private async Task<ImmutableRef> WriteAsync(
        LocalSyncStore store, LocalSyncPlan plan, LocalBase? last, IProgressItem progress, CancellationToken cancellationToken)
    {
        StagedLayer layer = store.Stage(last);
        try
        {
            await Task.Run(
                () =>
                {
                    using var target = new LocalLayer(context.Services.Store.Root, layer, plan.LastDirectory);
                    new LocalLayerWriter(target, files, plan, new TransferReport(progress)).Write(cancellationToken);
                },
                cancellationToken);
            return store.Adopt(layer, last);
        }
        catch
        {
            layer.Dispose();
            throw;
        }
    }

    private async Task<List<LocalEntry>> WalkAsync(LocalFilter filter, CancellationToken cancellationToken)
    {
        var order = new LocalOrder(name);
        var entries = new List<LocalEntry>();
        await foreach (LocalEntry entry in files.WalkAsync(filter, cancellationToken))
        {
            order.Check(entry);
            entries.Add(entry);
        }

        return entries;
    }
}
