using Cairn.Cache.Collection;
using Cairn.Cache.Keys;
using Cairn.Cache.Recovery;
using Cairn.Cache.Refs;
using Cairn.Llb;
using Cairn.Snapshotter.Layers;
using Xunit;

namespace Cairn.Cache.Tests;

/// <summary>What the cache has left after the machine went down, and after files were lost.</summary>
public sealed class RecoveryTests
{
    private static readonly Digest Step = Digest.Sha256("a step"u8);

    [Fact]
    public async Task What_is_sealed_is_there_after_another_boot()
    {
        await using TestCache before = TestCache.Open();
        (RefId made, RefId image) = await FillAsync(before);
        await before.Store.SealAsync(TimeSpan.FromMinutes(5), TestCache.Token);
        await using TestCache after = before.Boot();
        Assert.Empty(after.Store.LostFiles);
        using ImmutableRef again = after.Refs.TryGet(made)!;
        Assert.Equal("2", (await after.FilesAsync(again))["/b"]);
        Assert.NotNull(after.Refs.TryGet(image));
        Assert.Single(Results(after));
        Assert.Single(after.Registry.Opened);
    }

    [Fact]
    public async Task What_is_not_sealed_is_proven_or_goes_with_all_that_stands_on_it()
    {
        await using TestCache before = TestCache.Open();
        (RefId made, RefId image) = await FillAsync(before);
        long blobs = before.Count("blobs");
        await using TestCache after = before.Boot();
        // The digest of a blob proves it; nobody has recorded what is in the files of the layers.
        Assert.Equal(blobs, after.Count("blobs"));
        Assert.NotEmpty(after.Store.LostFiles);
        Assert.Null(after.Refs.TryGet(made));
        Assert.Empty(Results(after));
        // A layer with a blob is unpacked again.
        using ImmutableRef again = after.Refs.TryGet(image)!;
        Assert.False(again.IsLocal);
        Assert.Equal(["/a"], (await after.FilesAsync(again)).Keys);
        Assert.Single(after.Registry.Opened);
        using ImmutableRef anew = await after.LayerAsync(again, "RUN b", ("/b", "2"));
        Assert.Equal("2", (await after.FilesAsync(anew))["/b"]);
        await after.Store.SealAsync(TimeSpan.FromMinutes(5), TestCache.Token);
        await using TestCache once = after.Boot();
        Assert.Empty(once.Store.LostFiles);
    }

    [Fact]
    public async Task A_blob_that_is_not_what_its_name_says_is_not_believed()
    {
        await using TestCache before = TestCache.Open();
        (_, RefId image) = await FillAsync(before);
        string blob = Assert.Single(Directory.GetFiles(Path.Combine(before.Store.Root, "blobs", "sha256")));
        byte[] bytes = await File.ReadAllBytesAsync(blob, TestCache.Token);
        bytes[^1] ^= 1;
        await File.WriteAllBytesAsync(blob, bytes, TestCache.Token);
        await using TestCache after = before.Boot();
        Assert.Equal(0, after.Count("blobs"));
        Assert.False(File.Exists(blob));
        using ImmutableRef again = after.Refs.TryGet(image)!;
        Assert.Equal(["/a"], (await after.FilesAsync(again)).Keys);
        Assert.Equal(2, after.Registry.Opened.Count);   // fetched again
    }

    [Fact]
    public async Task A_row_without_its_directory_is_dropped_even_if_it_was_sealed()
    {
        await using TestCache before = TestCache.Open();
        using ImmutableRef below = await before.LayerAsync(null, "below", ("/below", "1"));
        using ImmutableRef lost = await before.LayerAsync(below, "lost", ("/lost", "2"));
        using ImmutableRef above = await before.LayerAsync(lost, "above", ("/above", "3"));
        using ImmutableRef beside = await before.LayerAsync(below, "beside", ("/beside", "4"));
        using ImmutableRef difference = (await before.Refs.DiffAsync(below, above, before.Context, TestCache.Token))!;
        before.Cache.Save([.. new[] { below, lost, above, beside, difference }.Select(
            (result, i) => new KeySave(new KeyQuery(Digest.Sha256([(byte)i]), 0, []), true, result))]);
        await before.Store.SealAsync(TimeSpan.FromMinutes(5), TestCache.Token);
        Directory.Delete(Path.Combine(before.Store.Root, "layers", lost.Layers[^1].Directory!.Value.ToString()), recursive: true);
        await using TestCache after = before.Boot();
        Assert.Single(after.Store.LostFiles);
        string[] left = [.. after.Cache.Collector.DiskUsage([]).Select(record => record.Description)];
        Assert.Contains("below", left);
        Assert.Contains("beside", left);
        Assert.DoesNotContain("lost", left);
        Assert.DoesNotContain("above", left);   // nothing can show it any more
        Assert.Equal(2, after.Count("layers"));
        Assert.Equal(2, after.Count("key_results"));
        Assert.Equal(after.Count("refs"), after.Count("cache_layers"));
        using ImmutableRef again = after.Refs.TryGet(beside.Id)!;
        Assert.Equal(["/below", "/beside"], (await after.FilesAsync(again)).Keys);
    }

    [Fact]
    public async Task What_was_dropped_is_told()
    {
        await using TestCache cache = TestCache.Open();
        using ImmutableRef image = ImageTests.Image(cache, ImageTests.Tar(("a", "1")));
        await image.MakeLocalAsync(cache.Context, TestCache.Token);
        using ImmutableRef made = await cache.LayerAsync(image, "RUN one", ("/b", "2"));
        using ImmutableRef top = await cache.LayerAsync(made, "RUN two", ("/c", "3"));
        await top.MakeLocalAsync(cache.Context, TestCache.Token);
        LayerId[] layers = [image.Layers[0].Directory!.Value, made.Layers[^1].Directory!.Value];
        DroppedRecords dropped = cache.Store.Write(transaction => LostRecords.Drop(cache.Store, transaction, layers, [], []));
        Assert.Equal(["RUN one", "RUN two"], dropped.Refs);
        Assert.Equal((1, 1, 0), (dropped.Layers, dropped.Absent, dropped.Blobs));
    }

    [Fact]
    public async Task DEL_16_What_others_stand_on_is_not_removed()
    {
        await using TestCache cache = TestCache.Open();
        ImmutableRef below = await cache.LayerAsync(null, "below", ("/below", "1"));
        ImmutableRef side = await cache.LayerAsync(null, "side", ("/side", "1"));
        using ImmutableRef child = await cache.LayerAsync(below, "child", ("/child", "2"));
        using ImmutableRef merged = cache.Refs.Merge([below, side])!;
        using ImmutableRef difference = (await cache.Refs.DiffAsync(below, side, cache.Context, TestCache.Token))!;
        await child.MakeLocalAsync(cache.Context, TestCache.Token);
        await merged.MakeLocalAsync(cache.Context, TestCache.Token);
        below.Dispose();
        side.Dispose();
        long refs = cache.Count("refs");
        Assert.Empty(await cache.Cache.Collector.PruneAsync(new PruneOptions { All = true }, null, TestCache.Token));
        Assert.Equal(refs, cache.Count("refs"));
        Assert.Equal(["/below", "/child"], (await cache.FilesAsync(child)).Keys);
        Assert.Equal(["/below", "/side"], (await cache.FilesAsync(merged)).Keys);
        Assert.Equal(["/side"], (await cache.FilesAsync(difference)).Keys);
    }

    [Fact]
    public async Task DEL_25_A_record_with_many_layers_goes_in_one_write_turn()
    {
        await using TestCache cache = TestCache.Open();
        byte[][] tars = [.. Enumerable.Range(0, 40).Select(i => ImageTests.Tar(($"f{i}", "x")))];
        ImmutableRef image = ImageTests.Image(cache, tars);
        await image.MakeLocalAsync(cache.Context, TestCache.Token);
        image.Dispose();
        Assert.Equal(40, cache.Count("layers"));
        long turns = 0;
        IReadOnlyList<UsageRecord> gone = await cache.Cache.Collector.PruneAsync(
            new PruneOptions { All = true }, _ => turns = cache.Store.WriteTurns.Turns, TestCache.Token);
        Assert.Equal(0, cache.Count("refs") + cache.Count("layers") + cache.Count("cache_layers") + cache.Count("blobs"));
        Assert.Contains(gone, record => record.Description == "pulled from registry.test");
        Assert.Equal(turns, cache.Store.WriteTurns.Turns);   // all records were told of after the last turn: there was one for all
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(cache.Store.Root, "trash")));
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(cache.Store.Root, "layers")));
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(cache.Store.Root, "blobs", "sha256")));
    }

    // An image of one layer that is here, a layer made on top of it, and a result.
    private static async Task<(RefId Made, RefId Image)> FillAsync(TestCache cache)
    {
        using ImmutableRef image = ImageTests.Image(cache, ImageTests.Tar(("a", "1")));
        await image.MakeLocalAsync(cache.Context, TestCache.Token);
        using ImmutableRef made = await cache.LayerAsync(image, "RUN b", ("/b", "2"));
        await made.MakeLocalAsync(cache.Context, TestCache.Token);
        cache.Cache.Save([new KeySave(new KeyQuery(Step, 0, []), true, made)]);
        return (made.Id, image.Id);
    }

    private static IReadOnlyList<CacheResult> Results(TestCache cache) =>
        cache.Cache.Keys.LoadCandidates(cache.Cache.Keys.Find(Step, 0, []));
}
