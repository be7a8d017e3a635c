using Cairn.Cache.Refs;
using Cairn.Llb;
using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Locals;
using Cairn.Solver.Images;
using Cairn.Solver.Ops;
using System.Text.Json.Nodes;

namespace Cairn.Solver.Sources;

/// <summary>Finds the last sync of a directory, and remembers a new one.</summary>
/// <param name="context">Whose store.</param>
/// <param name="name">Of the directory, as in <c>local://NAME</c>.</param>
/// <param name="shared">Names the directory across builds.</param>
/// <param name="filterKey">Names the part of it; see <see cref="FilterKey"/>.</param>
internal sealed class LocalSyncStore(OpContext context, string name, string shared, string filterKey)
{
    private readonly LocalSyncTable _table = new(context.Services.Store, context.Services.Clock);
    private readonly long _begun = (context.Services.Clock.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100;

    /// <summary>Equal for filters that select the same of equal directories.</summary>
    public static string FilterKey(LocalFilter filter, IReadOnlyList<string>? metadataExceptions)
    {
        var key = new JsonArray(Strings(filter.Include), Strings(filter.Exclude), Strings(filter.FollowPaths));
        if (metadataExceptions is not null)
        {
            key.Add((JsonNode)Strings(metadataExceptions));
        }

        return Digest.Sha256(ImageJson.Compact(key)).ToString();
    }

    /// <summary>The last sync, with this filter if there was one; null if there is none, or it is gone.</summary>
    public LocalBase? Open()
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

    /// <summary>A layer to fill; unchanged files may become links to those of the last sync.</summary>
    public StagedLayer Stage(LocalBase? last)
    {
        StagedLayer layer = context.Services.Snapshotter.Stage();
        if (last is { Ref.Layers: [{ Directory: { } linked }] })
        {
            layer.ShareFilesOf(linked);
        }

        return layer;
    }

    /// <summary>Makes a filled layer a result.</summary>
    public ImmutableRef Adopt(StagedLayer layer, LocalBase? last)
    {
        var description = new RefDescription("local source for " + name, RefDescription.LocalSource);
        if (last is null)
        {
            return context.Cache.Refs.Adopt(layer, null, description);
        }

        context.Cache.Checksums.Recall(last.Ref);
        return context.Cache.Refs.AdoptSuccessor(layer, last.Ref, description);
    }

    /// <summary>Remembers a sync for the next one.</summary>
    public void Save(ImmutableRef result, byte[] manifest, IReadOnlyList<LocalRecord> records) =>
        _table.Save(shared, filterKey, new LocalSyncRow(result.Id, manifest, LocalAge.AreSettled(records, _begun), _begun, IsSameFilter: true));

    private static JsonArray Strings(IReadOnlyList<string> list) => [.. list.Select(item => (JsonNode)item)];
}
