using Cairn.Cache.Collection;
using Cairn.Cache.Refs;
using Xunit;

namespace Cairn.Cache.Tests;

public sealed class CacheMountTests
{
    [Fact]
    public async Task What_was_written_is_there_the_next_time()
    {
        await using TestCache cache = TestCache.Open();
        using (CacheMountLease lease = await OpenAsync(cache, CacheMountSharing.Shared))
        {
            await File.WriteAllTextAsync(Path.Combine(lease.Directory, "f"), "1", TestCache.Token);
        }
        await using TestCache again = cache.OpenAgain();
        using CacheMountLease second = await OpenAsync(again, CacheMountSharing.Shared);
        Assert.Equal("1", await File.ReadAllTextAsync(Path.Combine(second.Directory, "f"), TestCache.Token));
    }

    [Fact]
    public async Task Shared_use_is_of_one_directory_and_private_use_of_several()
    {
        await using TestCache cache = TestCache.Open();
        using CacheMountLease a = await OpenAsync(cache, CacheMountSharing.Shared);
        using CacheMountLease b = await OpenAsync(cache, CacheMountSharing.Shared);
        Assert.Equal(a.Directory, b.Directory);
        using CacheMountLease mine = await OpenAsync(cache, CacheMountSharing.Private);
        Assert.NotEqual(a.Directory, mine.Directory);
    }

    [Fact]
    public async Task A_locked_mount_waits_until_it_is_free_and_can_give_up_waiting()
    {
        await using TestCache cache = TestCache.Open();
        CacheMountLease first = await OpenAsync(cache, CacheMountSharing.Locked);
        Task<CacheMountLease> second = OpenAsync(cache, CacheMountSharing.Locked);
        using var tired = new CancellationTokenSource();
        Task<CacheMountLease> third = cache.Cache.Mounts.OpenAsync("name", CacheMountSharing.Locked, null, "mount", cache.Context, tired.Token);
        await tired.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => third);
        Assert.False(second.IsCompleted);
        first.Dispose();
        using CacheMountLease lease = await second;
        Assert.Equal(first.Directory, lease.Directory);
    }

    [Fact]
    public async Task Mounts_are_listed_and_pruned_unless_in_use()
    {
        await using TestCache cache = TestCache.Open();
        CacheMountLease lease = await OpenAsync(cache, CacheMountSharing.Shared);
        await File.WriteAllBytesAsync(Path.Combine(lease.Directory, "f"), new byte[100_000], TestCache.Token);
        Assert.True(Assert.Single(cache.Cache.Collector.DiskUsage(["type==exec.cachemount"])).InUse);
        Assert.Empty(await cache.Cache.Collector.PruneAsync(new PruneOptions(), null, TestCache.Token));
        lease.Dispose();
        UsageRecord record = Assert.Single(cache.Cache.Collector.DiskUsage([]));
        Assert.InRange(record.Size, 100_000, 120_000);
        Assert.Single(await cache.Cache.Collector.PruneAsync(new PruneOptions(), null, TestCache.Token));
        Assert.False(Directory.Exists(lease.Directory));
    }

    private static Task<CacheMountLease> OpenAsync(TestCache cache, CacheMountSharing sharing) =>
        cache.Cache.Mounts.OpenAsync("name", sharing, null, "mount", cache.Context, TestCache.Token);
}
