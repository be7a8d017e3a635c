using System.Diagnostics;
using Cairn.Cache.Collection;
using Cairn.Cache.Keys;
using Cairn.Cache.Refs;
using Cairn.Llb;
using Xunit;

namespace Cairn.Cache.Tests;

/// <summary>What a cache finds in additional stores.</summary>
public sealed class AdditionalTests
{
    private static readonly Digest Operation = Digest.Sha256("operation"u8);

    [Fact]
    public async Task AIS_05_A_chain_on_layers_of_another_store_is_built_exported_and_pruned_and_the_other_blobs_stay_where_they_are()
    {
        await using TestCache other = TestCache.Open();
        using ImmutableRef image = ImageTests.Image(other, ImageTests.Tar(("one", "1")), ImageTests.Tar(("two", "2")));
        using ImmutableRef third = await other.LayerAsync(image, "three", ("/d/three", "3"));
        using ImmutableRef fourth = await other.ChangeAsync(third, "four", tree => tree.Remove("/one", recursive: false));
        using ImmutableRef fifth = await other.LayerAsync(fourth, "five", ("/five", "5"));
        other.Cache.Save([new KeySave(new KeyQuery(Operation, 0, []), true, fifth)]);
        IReadOnlyList<LayerBlob> blobs = await fifth.BlobChainAsync(new BlobChainOptions(), other.Context, TestCache.Token);
        string before = Listing(other.Store.Root);

        await using TestCache cache = TestCache.OpenWith(other);
        using (ImmutableRef found = Hit(cache)!)
        {
            Assert.Equal(fifth.Id, found.Id);
            Assert.Equal("five", found.Description.Description);
            Assert.Equal(await other.FilesAsync(fifth), await cache.FilesAsync(found));
            using ImmutableRef child = await cache.LayerAsync(found, "child", ("/child", "c"), ("/d/three", "changed"));
            IReadOnlyList<LayerBlob> exported = await child.BlobChainAsync(new BlobChainOptions(), cache.Context, TestCache.Token);
            Assert.Equal(blobs.Select(blob => blob.Descriptor), exported.Take(5).Select(blob => blob.Descriptor));
            Assert.All(exported, blob => Assert.True(blob.IsLocal));
            foreach (LayerBlob blob in exported)
            {
                await using Stream bytes = await cache.Cache.Blobs.OpenAsync(blob, cache.Context, TestCache.Token);
                Assert.Equal(blob.Descriptor.Digest, Digest.FromHash(await HashAsync(bytes)));
            }
            Assert.Empty(cache.Registry.Opened);
            Assert.Equal([exported[5].Descriptor.Digest.Hex], Directory.GetFiles(cache.Store.Root + "/blobs/sha256").Select(Path.GetFileName));
            // Only the new layer takes space here.
            Assert.Equal(["child"], cache.Cache.Collector.DiskUsage([]).Where(record => record.Size > 0).Select(record => record.Description));
        }
        IReadOnlyList<UsageRecord> gone = await cache.Cache.Collector.PruneAsync(new PruneOptions { All = true }, null, TestCache.Token);
        Assert.Contains("child", gone.Select(record => record.Description));
        Assert.Equal(0, cache.Count("refs") + cache.Count("cache_layers") + cache.Count("layers") + cache.Count("blobs"));
        Assert.Empty(Directory.GetFileSystemEntries(cache.Store.Root + "/layers"));
        Assert.Equal(before, Listing(other.Store.Root));
        using ImmutableRef? again = Hit(cache);
        Assert.NotNull(again);
    }

    [Fact]
    public async Task AIS_06_What_stands_on_a_layer_that_is_gone_is_a_miss_and_reported_and_not_removed()
    {
        await using TestCache other = TestCache.Open();
        using ImmutableRef bottom = await other.LayerAsync(null, "bottom", ("/a", "1"));
        await bottom.MakeLocalAsync(other.Context, TestCache.Token);
        other.Cache.Save([new KeySave(new KeyQuery(Operation, 0, []), true, bottom)]);
        string directory = Path.GetDirectoryName(other.Snapshotter.ChangesDirectory(bottom.Layers[0].Directory!.Value))!;

        await using TestCache cache = TestCache.OpenWith(other);
        Digest own = Digest.Sha256("own"u8);
        RefId id;
        using (ImmutableRef found = Hit(cache)!)
        using (ImmutableRef child = await cache.LayerAsync(found, "child", ("/child", "c")))
        {
            cache.Cache.Save([new KeySave(new KeyQuery(own, 0, []), true, child)]);
            id = child.Id;
            Directory.Move(directory, directory + ".away");
            ResultLostException lost = await Assert.ThrowsAsync<ResultLostException>(() => cache.FilesAsync(child));
            Assert.Contains("layer not found", lost.Message, StringComparison.Ordinal);
            Assert.Contains($"{bottom.Layers[0].Directory} of additional store {other.Store.Root}", lost.Message, StringComparison.Ordinal);
        }
        await using (TestCache again = cache.OpenAgain())
        {
            Assert.Null(again.Refs.TryGet(id));
            UsageRecord broken = again.Cache.Collector.DiskUsage([]).Single(record => record.Description == "child");
            Assert.Contains($"additional store {other.Store.Root}", broken.Broken, StringComparison.Ordinal);
            Assert.True(broken.Size > 0);
        }
        Directory.Move(directory + ".away", directory);
        await using (TestCache again = cache.OpenAgain())
        {
            Assert.All(again.Cache.Collector.DiskUsage([]), record => Assert.Null(record.Broken));
            RefId result = Assert.Single(again.Cache.Keys.LoadCandidates(again.Cache.Keys.Find(own, 0, []))).Ref!.Value;
            using ImmutableRef? back = again.Refs.TryGet(result);
            Assert.Equal(["/a", "/child"], (await again.FilesAsync(back!)).Keys);
        }
    }

    // What is the other store's stays as it is, there and in the rows here; what is this store's own is mended all the same.
    [Fact]
    public async Task AIS_06_Repair_leaves_broken_layers_of_another_store_and_mends_what_is_here()
    {
        await using TestCache other = TestCache.Open();
        using ImmutableRef bottom = await other.LayerAsync(null, "bottom", ("/a", "1"));
        await bottom.MakeLocalAsync(other.Context, TestCache.Token);
        other.Cache.Save([new KeySave(new KeyQuery(Operation, 0, []), true, bottom)]);
        string directory = Path.GetDirectoryName(other.Snapshotter.ChangesDirectory(bottom.Layers[0].Directory!.Value))!;
        await using TestCache cache = TestCache.OpenWith(other);
        using ImmutableRef found = Hit(cache)!;
        using ImmutableRef child = await cache.LayerAsync(found, "child", ("/child", "c"));
        using ImmutableRef own = await cache.LayerAsync(null, "own", ("/own", "o"));
        cache.Cache.Save([new KeySave(new KeyQuery(Digest.Sha256("child"u8), 0, []), true, child)]);
        await own.MakeLocalAsync(cache.Context, TestCache.Token);
        SortedDictionary<string, string> seen = await cache.FilesAsync(child);
        string here = Path.Combine(cache.Store.Root, "layers", $"{found.Layers[0].Directory}");
        string before = Listing(other.Store.Root);
        Directory.Move(directory, directory + ".away");
        Directory.Delete(here, recursive: true);
        Directory.Delete(Path.GetDirectoryName(cache.Snapshotter.ChangesDirectory(own.Layers[0].Directory!.Value))!, recursive: true);

        Verification.RepairReport report = await cache.Cache.Repair.RunAsync(null, TestCache.Token);
        Assert.Contains(report.Steps, step => step is { Did: "dropped", Subject: "record 'own'" });
        Assert.Contains(report.Steps, step => step.Did == "rebuilt" && step.Subject == $"layers/{found.Layers[0].Directory}");
        Assert.DoesNotContain(report.Steps, step => step.Subject.Contains("child", StringComparison.Ordinal) || step.Subject.Contains("bottom", StringComparison.Ordinal));
        Assert.Contains($"additional store {other.Store.Root}", cache.Cache.Collector.DiskUsage([]).Single(record => record.Description == "child").Broken, StringComparison.Ordinal);
        Directory.Move(directory + ".away", directory);
        await using TestCache again = cache.OpenAgain();
        Assert.Empty((await again.Cache.Repair.RunAsync(null, TestCache.Token)).Steps);
        using ImmutableRef? back = again.Refs.TryGet(child.Id);
        Assert.Equal(seen, await again.FilesAsync(back!));
        Assert.Equal(Sorted(before), Sorted(Listing(other.Store.Root)));

        static string[] Sorted(string listing) => [.. listing.Split('\n').Where(static line => line.Contains("/fs", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
    }

    [Fact]
    public async Task AIS_07_A_result_whose_layer_cannot_be_relied_on_is_no_result()
    {
        await using TestCache other = TestCache.Open();
        using ImmutableRef a = await other.LayerAsync(null, "a", ("/a", "1"));
        using ImmutableRef b = await other.LayerAsync(null, "b", ("/b", "1"));
        using ImmutableRef pending = (await other.Refs.DiffAsync(a, b, other.Context, TestCache.Token))!;
        other.Cache.Save([new KeySave(new KeyQuery(Operation, 0, []), true, a)]);
        other.Cache.Save([new KeySave(new KeyQuery(Digest.Sha256("b"u8), 0, []), true, b)]);
        other.Store.Write(transaction => transaction.Command($"UPDATE layers SET boot = 'another' WHERE id = {a.Layers[0].Directory}").ExecuteNonQuery());
        await using TestCache cache = TestCache.OpenWith(other);
        Assert.NotEmpty(cache.Cache.Keys.Find(Operation, 0, []));
        Assert.Null(Hit(cache));
        Assert.Null(cache.Refs.TryGet(pending.Id));   // not computed there; it is computed here as if nobody had asked for it
        using ImmutableRef? found = cache.Refs.TryGet(b.Id);
        Assert.Equal(["/b"], (await cache.FilesAsync(found!)).Keys);
    }

    [Fact]
    public async Task AIS_12_Results_blobs_and_layers_are_taken_from_here_first_and_then_in_the_order_of_the_stores()
    {
        byte[] tar = ImageTests.Tar(("a", "1"));
        await using TestCache first = TestCache.Open();
        await using TestCache second = TestCache.Open();
        await using TestCache third = TestCache.Open();   // has it written to
        List<RefId> results = [];
        Digest blob = default;
        foreach (TestCache each in new[] { first, second, third })
        {
            using ImmutableRef image = ImageTests.Image(each, tar);
            await image.MakeLocalAsync(each.Context, TestCache.Token);
            each.Cache.Save([new KeySave(new KeyQuery(Operation, 0, []), true, image)]);
            results.Add(image.Id);
            blob = Assert.Single(each.Registry.Blobs).Key;
        }
        await using TestCache cache = TestCache.OpenWith(second, first);
        // In none of its own yet: in the order of the stores.
        Assert.Equal([results[1], results[0]], cache.Cache.Keys.LoadCandidates(cache.Cache.Keys.Find(Operation, 0, [])).Select(result => result.Ref!.Value));
        Assert.Equal([1, 0], cache.Cache.Blobs.Locate(blob).Select(path => Owner(path, second, first)).Select(number => 1 - number));
        using (ImmutableRef image = ImageTests.Image(cache, tar))
        {
            await image.MakeLocalAsync(cache.Context, TestCache.Token);
            Assert.Equal(0, Owner(cache.Snapshotter.ChangesDirectory(image.Layers[0].Directory!.Value), second, first));
            Assert.Empty(cache.Registry.Opened);   // neither fetched nor unpacked
        }

        await using TestCache withOwn = TestCache.OpenWith(second);
        using ImmutableRef own = await withOwn.LayerAsync(null, "own", ("/a", "own"));
        withOwn.Cache.Save([new KeySave(new KeyQuery(Operation, 0, []), true, own)]);
        Assert.Equal([own.Id, results[1]], withOwn.Cache.Keys.LoadCandidates(withOwn.Cache.Keys.Find(Operation, 0, [])).Select(result => result.Ref!.Value));
        using (Blobs.BlobWriter writer = withOwn.Cache.Blobs.Create())
        {
            writer.Write(withOwn.Registry.Blobs.GetValueOrDefault(blob) ?? first.Registry.Blobs[blob]);
            writer.Commit(blob, null).Dispose();
        }
        Assert.Equal([withOwn.Store.BlobPath(blob), .. withOwn.Store.Additional.Blobs(blob)], withOwn.Cache.Blobs.Locate(blob));
        Assert.Equal(2, withOwn.Cache.Blobs.Locate(blob).Count());
    }

    [Fact]
    public async Task A_hit_in_another_store_is_one_write_turn_and_no_file()
    {
        await using TestCache other = TestCache.Open();
        ImmutableRef top = await other.LayerAsync(null, "0", ("/0", "0"));
        for (int i = 1; i < 20; i++)
        {
            ImmutableRef next = await other.LayerAsync(top, $"{i}", ($"/{i}", "x"));
            top.Dispose();
            top = next;
        }
        other.Cache.Save([new KeySave(new KeyQuery(Operation, 0, []), true, top)]);
        top.Dispose();
        await using TestCache cache = TestCache.OpenWith(other);
        long turns = cache.Store.WriteTurns.Turns;
        using ImmutableRef found = Hit(cache)!;
        Assert.Equal(turns + 1, cache.Store.WriteTurns.Turns);
        Assert.Equal(20, found.Layers.Count);
        Assert.Equal(20, cache.Count("layers"));
        Assert.Empty(Directory.GetFiles(cache.Store.Root + "/layers", "*", SearchOption.AllDirectories));
        using ImmutableRef again = Hit(cache)!;
        Assert.Equal(turns + 1, cache.Store.WriteTurns.Turns);
        Assert.Equal(20, (await cache.FilesAsync(again)).Count);
    }

    [Fact]
    public async Task A_blob_of_another_store_is_unpacked_from_there()
    {
        byte[] tar = ImageTests.Tar(("a", "1"));
        await using TestCache other = TestCache.Open();
        using (ImmutableRef image = ImageTests.Image(other, tar))
        {
            LayerBlob blob = Assert.Single(await image.BlobChainAsync(new BlobChainOptions(), other.Context, TestCache.Token));
            await (await other.Cache.Blobs.OpenAsync(blob, other.Context, TestCache.Token)).DisposeAsync();
        }
        await using TestCache cache = TestCache.OpenWith(other);
        using ImmutableRef pulled = ImageTests.Image(cache, tar);
        Assert.Equal(["/a"], (await cache.FilesAsync(pulled)).Keys);
        Assert.Empty(cache.Registry.Opened);
        Assert.Empty(Directory.GetFiles(cache.Store.Root + "/blobs/sha256"));
        Assert.False(pulled.Layers[0].Directory!.Value.IsAdditional);
    }

    [Fact]
    public async Task What_the_other_store_learns_is_found_after_a_refresh()
    {
        await using TestCache other = TestCache.Open();
        await using TestCache cache = TestCache.OpenWith(other);
        Assert.Null(Hit(cache));
        using ImmutableRef layer = await other.LayerAsync(null, "new", ("/a", "1"));
        other.Cache.Save([new KeySave(new KeyQuery(Operation, 0, []), true, layer)]);
        cache.Store.Additional.Refresh();
        using ImmutableRef? found = Hit(cache);
        Assert.Equal(["/a"], (await cache.FilesAsync(found!)).Keys);
    }

    private static ImmutableRef? Hit(TestCache cache)
    {
        IReadOnlyList<CacheResult> results = cache.Cache.Keys.LoadCandidates(cache.Cache.Keys.Find(Operation, 0, []));
        return results.Count == 0 ? null : cache.Refs.TryGet(results[0].Ref!.Value);
    }

    // The inode tells, because the path is that of a mount.
    private static int Owner(string path, params TestCache[] stores)
    {
        string inode = Run("stat", "-c", "%d:%i", path);
        return Array.FindIndex(stores, store => Run("find", store.Store.Root, "-printf", "%D:%i\n").Split('\n').Contains(inode.Trim()));
    }

    // Its owner is still at work in its trash.
    private static string Listing(string root) => Run("find", root + "/layers", root + "/blobs", "-printf", "%p %y %i %m %s %n %T@ %C@\n");

    private static string Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return output;
    }

    private static async Task<System.Security.Cryptography.IncrementalHash> HashAsync(Stream stream)
    {
        var hash = System.Security.Cryptography.IncrementalHash.CreateHash(System.Security.Cryptography.HashAlgorithmName.SHA256);
        var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes, TestCache.Token);
        hash.AppendData(bytes.ToArray());
        return hash;
    }
}
