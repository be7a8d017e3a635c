using System.Security.Cryptography;
using Cairn.Cache.Blobs;
using Cairn.Cache.Collection;
using Cairn.Cache.Refs;
using Cairn.Llb;
using Xunit;

namespace Cairn.Cache.Tests;

public sealed class CollectorTests
{
    [Fact]
    public async Task Disk_usage_adds_up_to_what_is_on_disk_and_merges_cost_nothing()
    {
        await using TestCache cache = TestCache.Open();
        using ImmutableRef a = await FilledAsync(cache, null, "a", 300_000);
        using ImmutableRef b = await FilledAsync(cache, null, "b", 500_000);
        using ImmutableRef merged = cache.Refs.Merge([a, b])!;
        IReadOnlyList<UsageRecord> records = cache.Cache.Collector.DiskUsage([]);
        Assert.Equal(0, records.Single(record => record.Id == merged.Id.ToString()).Size);
        Assert.All(records, record => Assert.True(record.InUse));
        long sum = records.Sum(record => record.Size);
        Assert.InRange(sum, 800_000, 900_000);
        Assert.Equal(cache.Cache.Collector.TotalBytes(), sum);
    }

    [Fact]
    public async Task What_is_claimed_stays_with_all_below_it_and_the_rest_goes_from_disk()
    {
        await using TestCache cache = TestCache.Open();
        ImmutableRef bottom = await FilledAsync(cache, null, "bottom", 100_000);
        using ImmutableRef top = await FilledAsync(cache, bottom, "top", 100_000);
        ImmutableRef other = await FilledAsync(cache, null, "other", 2_000_000);
        await top.MakeLocalAsync(cache.Context, TestCache.Token);
        await other.MakeLocalAsync(cache.Context, TestCache.Token);
        long before = BytesBelow(cache.Store.Root);
        bottom.Dispose();
        other.Dispose();
        List<UsageRecord> seen = [];
        IReadOnlyList<UsageRecord> gone = await cache.Cache.Collector.PruneAsync(new PruneOptions(), seen.Add, TestCache.Token);
        Assert.Equal(["other"], gone.Select(record => record.Description));
        Assert.Equal(gone, seen);
        Assert.InRange(gone[0].Size, 2_000_000, 2_100_000);
        Assert.InRange(before - BytesBelow(cache.Store.Root), 1_900_000, 2_100_000);
        Assert.Equal(2, (await cache.FilesAsync(top)).Count);
    }

    [Fact]
    public async Task A_claim_of_another_living_instance_protects_and_a_dead_one_does_not()
    {
        await using TestCache cache = TestCache.Open();
        RefId id;
        TestCache other = cache.OpenAgain();
        using (ImmutableRef layer = await FilledAsync(cache, null, "layer", 1000))
        {
            id = layer.Id;
            cache.Cache.Save([new Keys.KeySave(new Keys.KeyQuery(Digest.Sha256([]), 0, []), true, layer)]);
            Assert.NotNull(other.Refs.TryGet(id));   // never given up: its process is killed
        }
        Assert.Empty(await cache.Cache.Collector.PruneAsync(new PruneOptions { All = true }, null, TestCache.Token));
        other.Store.Dispose();
        Assert.Equal([id.ToString()], (await cache.Cache.Collector.PruneAsync(new PruneOptions { All = true }, null, TestCache.Token)).Select(r => r.Id));
        Assert.Equal(0, cache.Count("refs") + cache.Count("cache_layers") + cache.Count("layers"));
    }

    [Fact]
    public async Task A_limit_is_kept_by_removing_what_was_used_least()
    {
        await using TestCache cache = TestCache.Open();
        List<RefId> ids = [];
        for (int i = 0; i < 5; i++)
        {
            using ImmutableRef layer = await FilledAsync(cache, null, $"layer {i}", 400_000);
            cache.Cache.Save([new Keys.KeySave(new Keys.KeyQuery(Digest.Sha256([(byte)i]), 0, []), true, layer)]);
            ids.Add(layer.Id);
        }
        foreach (int used in (int[])[0, 3])
        {
            await using TestCache again = cache.OpenAgain();
            using ImmutableRef? claimed = again.Refs.TryGet(ids[used]);
        }
        IReadOnlyList<UsageRecord> gone = await cache.Cache.Collector.PruneAsync(new PruneOptions { MaxUsedSpace = 900_000 }, null, TestCache.Token);
        Assert.Equal(["layer 1", "layer 2", "layer 4"], gone.Select(record => record.Description).Order(StringComparer.Ordinal));
        Assert.InRange(cache.Cache.Collector.TotalBytes(), 1, 900_000);
    }

    [Fact]
    public async Task After_a_build_the_cache_is_brought_below_its_ceiling()
    {
        await using TestCache cache = TestCache.Open();
        Assert.Equal(new DriveInfo(cache.Store.Root).TotalSize / 10, cache.Cache.Collector.Ceiling);
        await using var small = new BuildCache(cache.Store, cache.Snapshotter, new BuildCacheOptions { MaxUsedSpace = 500_000 });
        for (int i = 0; i < 3; i++)
        {
            using ImmutableRef layer = await FilledAsync(cache, null, $"layer {i}", 400_000);
            await layer.MakeLocalAsync(cache.Context, TestCache.Token);
        }
        Assert.NotEmpty(cache.Cache.Collector.DiskUsage([]));   // writes down that the claims are gone
        Assert.Equal(2, (await small.Collector.CollectAsync(TestCache.Token)).Count);
        Assert.Empty(await small.Collector.CollectAsync(TestCache.Token));
    }

    [Fact]
    public async Task What_layers_have_in_common_counts_once_against_the_ceiling()
    {
        await using TestCache cache = TestCache.Open();
        using ImmutableRef source = await FilledAsync(cache, null, "source", 400_000);
        await source.MakeLocalAsync(cache.Context, TestCache.Token);
        Snapshotter.Layers.LayerId layer = source.Layers[0].Directory!.Value;
        for (int i = 0; i < 3; i++)
        {
            using Snapshotter.Layers.StagedLayer staged = cache.Snapshotter.StageSubtree([layer], "/", $"/copy-{i}", TestCache.Token);
            using ImmutableRef linked = cache.Refs.Adopt(staged, null, new RefDescription($"linked {i}"));
            await linked.MakeLocalAsync(cache.Context, TestCache.Token);
        }
        Assert.Equal(4, cache.Cache.Collector.DiskUsage([]).Count);   // writes down that the claims are gone, too
        await using (var enough = new BuildCache(cache.Store, cache.Snapshotter, new BuildCacheOptions { MaxUsedSpace = 600_000 }))
        {
            Assert.True(enough.Collector.TotalBytes() > 1_600_000);   // as if each had its own
            Assert.Empty(await enough.Collector.CollectAsync(TestCache.Token));
        }
        await using var small = new BuildCache(cache.Store, cache.Snapshotter, new BuildCacheOptions { MaxUsedSpace = 300_000 });
        Assert.Equal(3, (await small.Collector.CollectAsync(TestCache.Token)).Count);   // all but what is in use
    }

    [Fact]
    public async Task Internal_and_frontend_records_go_only_with_all()
    {
        await using TestCache cache = TestCache.Open();
        using (MutableRef mutable = await cache.Refs.PrepareAsync(null, cache.Context, TestCache.Token))
        using (ImmutableRef layer = await mutable.CommitAsync(new RefDescription("inside", RefDescription.Internal), TestCache.Token))
        {
            await layer.MakeLocalAsync(cache.Context, TestCache.Token);
        }
        Assert.Empty(await cache.Cache.Collector.PruneAsync(new PruneOptions(), null, TestCache.Token));
        Assert.Single(await cache.Cache.Collector.PruneAsync(new PruneOptions { All = true }, null, TestCache.Token));
    }

    [Fact]
    public async Task Filters_choose_records()
    {
        await using TestCache cache = TestCache.Open();
        using ImmutableRef a = await FilledAsync(cache, null, "RUN one", 1000);
        using ImmutableRef b = await FilledAsync(cache, a, "RUN two, with comma", 1000);
        await b.MakeLocalAsync(cache.Context, TestCache.Token);
        string[] Found(params string[] filters) => [.. cache.Cache.Collector.DiskUsage(filters).Select(record => record.Description)];
        Assert.Equal(["RUN one"], Found("description==RUN one"));
        Assert.Equal(["RUN two, with comma"], Found("description==\"RUN two, with comma\",type==regular"));
        Assert.Equal(["RUN two, with comma"], Found("parents"));
        Assert.Equal(2, Found("description~=^RUN").Length);
        Assert.Equal(2, Found($"id=={a.Id}", $"id=={b.Id}").Length);
        Assert.Empty(Found("mutable"));
        BuildException e = Assert.Throws<BuildException>(() => Found("colour==red"));
        Assert.Contains("failed to parse diskusage filters", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_blob_that_nothing_refers_to_goes_once_its_claim_is_given_up()
    {
        await using TestCache cache = TestCache.Open();
        using (BlobWriter writer = cache.Cache.Blobs.Create())
        {
            writer.Write("some bytes"u8);
            BlobClaim claim = writer.Commit(null, null);
            await cache.Cache.Collector.PruneAsync(new PruneOptions { All = true }, null, TestCache.Token);
            Assert.True(cache.Cache.Blobs.Exists(claim.Digest));
            claim.Dispose();
            await cache.Cache.Collector.PruneAsync(new PruneOptions { All = true }, null, TestCache.Token);
            Assert.False(File.Exists(cache.Store.BlobPath(claim.Digest)));
        }
    }

    [Fact]
    public async Task The_sides_of_a_difference_stay_until_it_is_computed()
    {
        await using TestCache cache = TestCache.Open();
        ImmutableRef a = await FilledAsync(cache, null, "a", 1000);
        ImmutableRef b = await FilledAsync(cache, null, "b", 1000);
        using ImmutableRef diff = (await cache.Refs.DiffAsync(a, b, cache.Context, TestCache.Token))!;
        a.Dispose();
        b.Dispose();
        Assert.Empty(await cache.Cache.Collector.PruneAsync(new PruneOptions(), null, TestCache.Token));
        Assert.Equal(["/b"], (await cache.FilesAsync(diff)).Keys);
        Assert.Equal(2, (await cache.Cache.Collector.PruneAsync(new PruneOptions(), null, TestCache.Token)).Count);
        Assert.Equal(["/b"], (await cache.FilesAsync(diff)).Keys);
    }

    private static async Task<ImmutableRef> FilledAsync(TestCache cache, ImmutableRef? parent, string name, int bytes)
    {
        byte[] content = RandomNumberGenerator.GetBytes(bytes);
        return await cache.ChangeAsync(parent, name, tree => tree.WriteFile("/" + name, content, 0x1a4, null, null));
    }

    private static long BytesBelow(string root) =>
        new DirectoryInfo(root).EnumerateFiles("*", SearchOption.AllDirectories).Where(file => !file.Name.StartsWith("cairn.db", StringComparison.Ordinal))
            .Sum(file => file.Length);
}
