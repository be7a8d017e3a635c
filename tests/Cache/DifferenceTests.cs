using Cairn.Cache.Refs;
using Cairn.Snapshotter.Compression;
using Cairn.Snapshotter.Layers;
using Xunit;

namespace Cairn.Cache.Tests;

/// <summary>Differences as records of the cache: what they are made of, and that each is computed once.</summary>
public sealed class DifferenceTests
{
    [Fact]
    public async Task DIF_01_Differences_with_scratch_and_with_the_same()
    {
        await using TestCache cache = TestCache.Open();
        using ImmutableRef x = await cache.LayerAsync(null, "x", ("/a", "1"), ("/d/b", "2"));

        Assert.Null(await DiffAsync(cache, x, x));
        Assert.Null(await DiffAsync(cache, null, null));
        using ImmutableRef? whole = await DiffAsync(cache, null, x);
        Assert.Equal(x.Id, whole!.Id);
        using ImmutableRef? deletion = await DiffAsync(cache, x, null);
        Assert.Empty(await cache.FilesAsync(deletion!));
        using ImmutableRef nothing = cache.Refs.Merge([x, deletion])!;
        Assert.Empty(await cache.FilesAsync(nothing));
    }

    [Fact]
    public async Task DIF_03_A_difference_to_an_ancestor_is_the_chain_of_its_layers_with_their_blobs()
    {
        await using TestCache cache = TestCache.Open();
        using ImmutableRef a = await cache.LayerAsync(null, "a", ("/a", "1"));
        using ImmutableRef b = await cache.LayerAsync(a, "b", ("/b", "2"));
        using ImmutableRef c = await cache.LayerAsync(b, "c", ("/c", "3"));
        IReadOnlyList<LayerBlob> all = await c.BlobChainAsync(new BlobChainOptions(), cache.Context, TestCache.Token);
        int exports = Exports(cache);
        long layers = cache.Count("layers");

        using ImmutableRef? difference = await DiffAsync(cache, a, c);
        Assert.Equal(c.Layers.Skip(1), difference!.Layers);
        IReadOnlyList<LayerBlob> blobs = await difference.BlobChainAsync(new BlobChainOptions(), cache.Context, TestCache.Token);
        Assert.Equal(all.Skip(1).Select(blob => blob.Descriptor), blobs.Select(blob => blob.Descriptor));
        Assert.Equal(exports, Exports(cache));
        Assert.Equal(layers, cache.Count("layers"));
    }

    [Theory]
    [InlineData("overlay", "native")]
    [InlineData("native", "overlay")]
    public async Task DIF_10_MRG_34_A_difference_is_computed_once_and_its_blob_is_always_the_same(string driver, string otherDriver)
    {
        await using TestCache cache = TestCache.Open(driver);
        using ImmutableRef lower = await cache.LayerAsync(null, "lower", ("/gone", "1"), ("/same", "2"));
        using ImmutableRef upper = await cache.LayerAsync(null, "upper", ("/same", "2"), ("/new", "3"));
        using ImmutableRef other = await cache.LayerAsync(null, "other", ("/other", "4"));
        using ImmutableRef difference = (await DiffAsync(cache, lower, upper))!;
        using ImmutableRef merged = cache.Refs.Merge([other, difference])!;

        LayerBlob ofMerge = (await merged.BlobChainAsync(new BlobChainOptions(), cache.Context, TestCache.Token))[^1];
        LayerBlob ofDifference = Assert.Single(await difference.BlobChainAsync(new BlobChainOptions(), cache.Context, TestCache.Token));
        Assert.Equal(ofMerge.Descriptor, ofDifference.Descriptor);
        int exports = Exports(cache);
        long made = LayersEverMade(cache);
        SortedDictionary<string, string> seen = await cache.FilesAsync(merged);
        LayerId directory = difference.Layers[0].Directory!.Value;

        // After a restart, and after the directory was dropped.
        cache.Store.Write(transaction => cache.Snapshotter.Remove(transaction, directory, force: true));
        await using (TestCache again = cache.OpenAgain())
        {
            using ImmutableRef restored = again.Refs.TryGet(difference.Id)!;
            Assert.Equal(ofDifference.Descriptor, Assert.Single(await restored.BlobChainAsync(new BlobChainOptions(), again.Context, TestCache.Token)).Descriptor);
            Assert.Equal(exports, Exports(cache));
            Assert.Equal(made, LayersEverMade(again));

            // Looking inside unpacks the blob: neither side is looked at.
            foreach (ImmutableRef side in (ImmutableRef[])[lower, upper])
            {
                Directory.Delete(again.Snapshotter.ChangesDirectory(side.Layers[0].Directory!.Value), recursive: true);
            }
            using ImmutableRef mergedAgain = again.Refs.TryGet(merged.Id)!;
            Assert.Equal(seen, await again.FilesAsync(mergedAgain));
            Assert.Equal(made + 1, LayersEverMade(again));
        }

        // In a store with the other driver.
        await using TestCache elsewhere = TestCache.Open(otherDriver);
        await using (Stream stream = await cache.Cache.Blobs.OpenAsync(ofDifference, cache.Context, TestCache.Token))
        {
            var bytes = new MemoryStream();
            await stream.CopyToAsync(bytes, TestCache.Token);
            elsewhere.Registry.Add(bytes.ToArray(), ofDifference.Descriptor.MediaType);
        }
        using ImmutableRef pulled = elsewhere.Refs.FromImage(
            [new ImageLayer(ofDifference.Descriptor, ofDifference.DiffId, TestRegistry.Source)], new RefDescription("pulled"))!;
        await pulled.MakeLocalAsync(elsewhere.Context, TestCache.Token);
        elsewhere.Cache.Blobs.Discard(ofDifference.Descriptor.Digest);
        LayerBlob there = await elsewhere.Refs.Chains.MakeAsync(
            [.. pulled.Layers], 0, new BlobVariant(CompressionKind.Gzip, null, null), elsewhere.Context, TestCache.Token);
        Assert.Equal(ofDifference.Descriptor, there.Descriptor);
        Assert.Equal(ofDifference.DiffId, there.DiffId);
    }

    private static Task<ImmutableRef?> DiffAsync(TestCache cache, ImmutableRef? lower, ImmutableRef? upper) =>
        cache.Refs.DiffAsync(lower, upper, cache.Context, TestCache.Token);

    private static int Exports(TestCache cache) => cache.Registry.Actions.Count(action => action == "exporting layer");

    private static long LayersEverMade(TestCache cache) => cache.Store.Read(connection =>
    {
        using Microsoft.Data.Sqlite.SqliteCommand command = connection.CreateCommand();
        command.CommandText = "SELECT seq FROM sqlite_sequence WHERE name = 'layers'";
        return (long)command.ExecuteScalar()!;
    });
}
