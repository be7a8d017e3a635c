using Cairn.Cache.Refs;
using Cairn.Snapshotter.Trees;
using Xunit;

namespace Cairn.Cache.Tests;

public sealed class RefTests
{
    [Theory]
    [InlineData("overlay")]
    [InlineData("native")]
    public async Task A_committed_change_is_seen_on_top_of_its_parent(string driver)
    {
        await using TestCache cache = TestCache.Open(driver);
        using ImmutableRef lower = await cache.LayerAsync(null, "lower", ("/etc/a", "1"), ("/etc/b", "2"));
        using ImmutableRef upper = await cache.ChangeAsync(lower, "upper", tree => tree.Remove("/etc/a", recursive: false));
        Assert.Equal(["/etc/b"], (await cache.FilesAsync(upper)).Keys);
        Assert.Equal(2, upper.Layers.Count);
        Assert.True(upper.IsLocal);
    }

    [Fact]
    public async Task An_unused_ref_leaves_no_row_and_no_directory()
    {
        await using TestCache cache = TestCache.Open();
        (await cache.LayerAsync(null, "unused", ("/a", "1"))).Dispose();
        using (MutableRef mutable = await cache.Refs.PrepareAsync(null, cache.Context, TestCache.Token))
        {
            mutable.Tree.Tree.WriteFile("/x", "x"u8, 0x1a4, null, null);
        }
        Assert.Equal(0, cache.Count("refs") + cache.Count("cache_layers"));
    }

    [Theory]
    [InlineData("overlay")]
    [InlineData("native")]
    public async Task Equal_merges_are_the_same_record_however_they_are_nested(string driver)
    {
        await using TestCache cache = TestCache.Open(driver);
        using ImmutableRef a = await cache.LayerAsync(null, "a", ("/a", "a"), ("/same", "a"));
        using ImmutableRef b = await cache.LayerAsync(null, "b", ("/b", "b"), ("/same", "b"));
        using ImmutableRef c = await cache.LayerAsync(null, "c", ("/c", "c"));
        using ImmutableRef flat = cache.Refs.Merge([a, b, c])!;
        using ImmutableRef ab = cache.Refs.Merge([a, b])!;
        using ImmutableRef left = cache.Refs.Merge([ab, c])!;
        using ImmutableRef bc = cache.Refs.Merge([b, c])!;
        using ImmutableRef right = cache.Refs.Merge([a, null, bc])!;
        Assert.Equal(flat.Id, left.Id);
        Assert.Equal(flat.Id, right.Id);
        SortedDictionary<string, string> files = await cache.FilesAsync(flat);
        Assert.Equal(["/a", "/b", "/c", "/same"], files.Keys);
        Assert.Equal("b", files["/same"]);
        Assert.Equal(3, cache.Count("cache_layers"));
    }

    [Fact]
    public async Task A_merge_of_nothing_is_scratch_and_of_one_input_that_input()
    {
        await using TestCache cache = TestCache.Open();
        using ImmutableRef a = await cache.LayerAsync(null, "a", ("/a", "a"));
        Assert.Null(cache.Refs.Merge([]));
        Assert.Null(cache.Refs.Merge([null, null]));
        using ImmutableRef one = cache.Refs.Merge([null, a])!;
        using ImmutableRef twice = cache.Refs.Merge([a, a])!;
        Assert.Equal(a.Id, one.Id);
        Assert.Equal(a.Id, twice.Id);
    }

    [Theory]
    [InlineData("overlay")]
    [InlineData("native")]
    public async Task Of_a_repeated_input_the_last_place_counts(string driver)
    {
        await using TestCache cache = TestCache.Open(driver);
        using ImmutableRef a = await cache.LayerAsync(null, "a", ("/same", "a"));
        using ImmutableRef b = await cache.LayerAsync(null, "b", ("/same", "b"));
        using ImmutableRef aba = cache.Refs.Merge([a, b, a])!;
        using ImmutableRef ba = cache.Refs.Merge([b, a])!;
        Assert.Equal(ba.Id, aba.Id);
        Assert.Equal("a", (await cache.FilesAsync(aba))["/same"]);
    }

    [Fact]
    public async Task A_difference_above_a_prefix_is_the_layers_above_it()
    {
        await using TestCache cache = TestCache.Open();
        using ImmutableRef one = await cache.LayerAsync(null, "one", ("/a", "1"));
        using ImmutableRef two = await cache.LayerAsync(one, "two", ("/b", "2"));
        using ImmutableRef three = await cache.LayerAsync(two, "three", ("/c", "3"));
        using ImmutableRef diff = (await cache.Refs.DiffAsync(one, three, cache.Context, TestCache.Token))!;
        Assert.Equal(three.Layers.Skip(1), diff.Layers);
        Assert.Equal(["/b", "/c"], (await cache.FilesAsync(diff)).Keys);
        Assert.Null(await cache.Refs.DiffAsync(one, one, cache.Context, TestCache.Token));
        Assert.Null(await cache.Refs.DiffAsync(null, null, cache.Context, TestCache.Token));
        using ImmutableRef whole = (await cache.Refs.DiffAsync(null, three, cache.Context, TestCache.Token))!;
        Assert.Equal(three.Id, whole.Id);
    }

    [Theory]
    [InlineData("overlay")]
    [InlineData("native")]
    public async Task A_difference_of_unrelated_trees_is_computed_once_and_only_when_needed(string driver)
    {
        await using TestCache cache = TestCache.Open(driver);
        using ImmutableRef a = await cache.LayerAsync(null, "a", ("/a", "a"), ("/same", "1"));
        using ImmutableRef b = await cache.LayerAsync(null, "b", ("/b", "b"), ("/same", "1"));
        using ImmutableRef diff = (await cache.Refs.DiffAsync(a, b, cache.Context, TestCache.Token))!;
        using ImmutableRef again = (await cache.Refs.DiffAsync(a, b, cache.Context, TestCache.Token))!;
        Assert.Equal(diff.Id, again.Id);
        Assert.False(diff.IsLocal);
        using ImmutableRef merged = cache.Refs.Merge([a, diff])!;
        Assert.Equal(["/b", "/same"], (await cache.FilesAsync(merged)).Keys);
        Assert.True(diff.IsLocal);
        Assert.Equal(["/b"], (await cache.FilesAsync(diff)).Keys);
    }

    [Theory]
    [InlineData("overlay")]
    [InlineData("native")]
    public async Task A_difference_to_nothing_deletes_everything(string driver)
    {
        await using TestCache cache = TestCache.Open(driver);
        using ImmutableRef a = await cache.LayerAsync(null, "a", ("/d/a", "a"), ("/e", "e"));
        using ImmutableRef other = await cache.LayerAsync(null, "other", ("/d/other", "o"), ("/f", "f"));
        using ImmutableRef nothing = (await cache.Refs.DiffAsync(a, null, cache.Context, TestCache.Token))!;
        using ImmutableRef merged = cache.Refs.Merge([a, nothing])!;
        Assert.Empty(await cache.FilesAsync(merged));
        Assert.Empty(await cache.FilesAsync(nothing));
    }

    [Fact]
    public async Task A_ref_is_claimed_across_instances_and_gone_refs_are_null()
    {
        await using TestCache cache = TestCache.Open();
        using ImmutableRef layer = await cache.LayerAsync(null, "layer", ("/a", "1"));
        await layer.MakeLocalAsync(cache.Context, TestCache.Token);
        await using TestCache again = cache.OpenAgain();
        using ImmutableRef? claimed = again.Refs.TryGet(layer.Id);
        Assert.Equal("layer", claimed?.Description.Description);
        Assert.Null(again.Refs.TryGet(new RefId(42)));
        Assert.Equal(layer.Id, RefId.TryParse(layer.Id.ToString(), out RefId parsed) ? parsed : default);
    }

    [Fact]
    public async Task A_chain_of_a_thousand_layers_takes_a_thousand_rows()
    {
        await using TestCache cache = TestCache.Open();
        using ImmutableRef bottom = await cache.LayerAsync(null, "bottom", ("/a", "1"));
        using ImmutableRef b = await cache.LayerAsync(null, "b", ("/b", "1"));
        ImmutableRef top = bottom.Clone();
        for (int i = 0; i < 998; i++)
        {
            StagedFile(cache, i, ref top);
        }
        using (top)
        {
            await top.MakeLocalAsync(cache.Context, TestCache.Token);
            using ImmutableRef merged = cache.Refs.Merge([top, b])!;
            Assert.Equal(1000, merged.Layers.Count);
            Assert.Equal(1000, cache.Count("cache_layers"));
            Assert.Equal(1001, cache.Count("refs"));   // b alone as well
            await using TestCache again = cache.OpenAgain();
            using ImmutableRef? loaded = again.Refs.TryGet(merged.Id);
            Assert.Equal(1000, loaded!.Layers.Count);
        }
    }

    [Fact]
    public async Task A_directory_that_vanished_is_reported_as_a_lost_result()
    {
        await using TestCache cache = TestCache.Open();
        using ImmutableRef layer = await cache.LayerAsync(null, "the step", ("/a", "1"));
        cache.Cache.Save([new Keys.KeySave(new Keys.KeyQuery(Llb.Digest.Sha256([]), 0, []), true, layer)]);
        Directory.Delete(Path.GetDirectoryName(cache.Snapshotter.ChangesDirectory(layer.Layers[0].Directory!.Value))!, recursive: true);
        ResultLostException lost = await Assert.ThrowsAsync<ResultLostException>(() => cache.FilesAsync(layer));
        Assert.Equal(layer.Id, lost.Ref);
        Assert.Contains("the step", lost.Message, StringComparison.Ordinal);
        Assert.Equal(0, cache.Count("key_results"));
    }

    private static void StagedFile(TestCache cache, int number, ref ImmutableRef top)
    {
        Snapshotter.Layers.StagedLayer staged = cache.Snapshotter.Stage();
        staged.Tree.WriteFile($"/f{number}", "x"u8, 0x1a4, FileOwner.Root, new FileTimes(0));
        ImmutableRef next = cache.Refs.Adopt(staged, top, new RefDescription("file"));
        top.Dispose();
        top = next;
    }
}
