using Cairn.Cache.Refs;
using Cairn.Llb;
using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Locals;
using Cairn.Solver.Images;
using Cairn.Solver.Ops;
using Cairn.Solver.Sessions;

namespace Cairn.Solver.Sources;

/// <summary>
/// Makes one layer of a client's directory as it is now. What has not changed since the last sync is not read again: if nothing has, the last
/// layer is the result, else its unchanged files get a second name in the new layer.
/// </summary>
internal sealed class LocalSync(OpContext context, ILocalFiles files, string name, bool trustsNothing)
{
    private readonly LocalSyncTable _table = new(context.Services.Store, context.Services.Clock);

    /// <exception cref="BuildException">The directory cannot be read, or the client sends what cannot be.</exception>
    public async Task<ImmutableRef> RunAsync(string shared, LocalFilter filter, CancellationToken cancellationToken)
    {
        using IProgressItem progress = context.Progress.Begin($"transferring {name}:", "", 0);
        string filterKey = FilterKey(filter);
        long begun = (context.Services.Clock.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100;
        List<LocalEntry> entries = await WalkAsync(filter, cancellationToken);
        List<LocalRecord> records = [.. entries.Select(LocalRecord.Of)];
        byte[] manifest = LocalManifest.Encode(records);

        using LocalBase? last = OpenBase(shared, filterKey);
        if (last is not null && last.Row.IsSameFilter && last.Row.IsSettled && !trustsNothing && last.Row.Manifest.AsSpan().SequenceEqual(manifest))
        {
            return last.Ref.Clone();
        }

        using var plan = new LocalSyncPlan(files, entries, records, last, trustsNothing);
        ImmutableRef result = last is not null && plan.ChangesNothing(cancellationToken)
            ? last.Ref.Clone()
            : await WriteAsync(plan, last, progress, cancellationToken);
        manifest = plan.WasCorrected ? LocalManifest.Encode(plan.Records) : manifest;
        _table.Save(shared, filterKey, new LocalSyncRow(result.Id, manifest, LocalAge.AreSettled(plan.Records, begun), begun, IsSameFilter: true));
        return result;
    }

    private async Task<ImmutableRef> WriteAsync(LocalSyncPlan plan, LocalBase? last, IProgressItem progress, CancellationToken cancellationToken)
    {
        StagedLayer layer = context.Services.Snapshotter.Stage();
        try
        {
            if (last is { Ref.Layers: [{ Directory: { } linked }] })
            {
                layer.ShareFilesOf(linked);   // unchanged files are hard links to the last sync's
            }
            await Task.Run(() => new LocalLayerWriter(context.Services.Store.Root, layer, files, plan, progress).Write(cancellationToken), cancellationToken);
            var description = new RefDescription("local source for " + name, RefDescription.LocalSource);
            if (last is null)
            {
                return context.Cache.Refs.Adopt(layer, null, description);
            }

            context.Cache.Checksums.Recall(last.Ref);
            return context.Cache.Refs.AdoptSuccessor(layer, last.Ref, description);
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

    private LocalBase? OpenBase(string shared, string filterKey)
    {
        if (_table.Find(shared, filterKey) is not { } row || LocalManifest.TryDecode(row.Manifest) is not { } records
            || context.Cache.Refs.TryGet(row.Ref) is not { } held)
        {
            return null;
        }

        if (held.Layers is [{ Directory: { } layer }] && context.Services.Snapshotter.Exists(layer))
        {
            return new LocalBase(held, row, records, context.Services.Snapshotter.Use([layer]));
        }

        held.Dispose();
        return null;
    }

    private static string FilterKey(LocalFilter filter) => Digest.Sha256(ImageJson.Compact(new System.Text.Json.Nodes.JsonArray(
        Strings(filter.Include), Strings(filter.Exclude), Strings(filter.FollowPaths)))).ToString();

    private static System.Text.Json.Nodes.JsonArray Strings(IReadOnlyList<string> list) =>
        [.. list.Select(item => (System.Text.Json.Nodes.JsonNode)item)];
}
