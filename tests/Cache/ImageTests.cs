using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using Cairn.Cache.Refs;
using Cairn.Llb;
using Cairn.Snapshotter.Compression;
using Xunit;

namespace Cairn.Cache.Tests;

public sealed class ImageTests
{
    [Fact]
    public async Task Merging_and_exporting_lazy_images_fetches_nothing()
    {
        await using TestCache cache = TestCache.Open();
        using ImmutableRef a = Image(cache, Tar(("a", "1")), Tar(("b", "2")));
        using ImmutableRef b = Image(cache, Tar(("c", "3")));
        using ImmutableRef merged = cache.Refs.Merge([a, b])!;
        IReadOnlyList<LayerBlob> blobs = await merged.BlobChainAsync(new BlobChainOptions(), cache.Context, TestCache.Token);
        Assert.Equal(3, blobs.Count);
        Assert.All(blobs, blob => Assert.False(blob.IsLocal));
        Assert.All(blobs, blob => Assert.Equal([TestRegistry.Source], blob.Sources));
        Assert.Empty(cache.Registry.Opened);
        Assert.False(merged.IsLocal);
        Assert.Equal(blobs.Select(blob => blob.DiffId), merged.KnownDiffIds()!);
    }

    [Fact]
    public async Task Looking_inside_fetches_each_layer_once_whoever_asks()
    {
        await using TestCache cache = TestCache.Open();
        cache.Registry.Hold = new TaskCompletionSource();
        byte[] shared = Tar(("etc/", ""), ("etc/a", "1"));
        using ImmutableRef one = Image(cache, shared, Tar(("b", "2")));
        using ImmutableRef two = Image(cache, shared, Tar(("c", "3")));
        Assert.Equal(one.Layers[0], two.Layers[0]);
        Task first = one.MakeLocalAsync(cache.Context, TestCache.Token);
        Task again = one.MakeLocalAsync(cache.Context, TestCache.Token);
        Task second = two.MakeLocalAsync(cache.Context, TestCache.Token);
        cache.Registry.Hold.SetResult();
        await Task.WhenAll(first, again, second);
        Assert.Equal(3, cache.Registry.Opened.Count);
        Assert.Equal(["/b", "/etc/a"], (await cache.FilesAsync(one)).Keys);
        Assert.Equal(["/c", "/etc/a"], (await cache.FilesAsync(two)).Keys);
        Assert.Equal(3, cache.Registry.Opened.Count);
        Assert.Contains("extracting", cache.Registry.Actions);
    }

    [Fact]
    public async Task An_image_that_was_pulled_is_exported_as_it_came()
    {
        await using TestCache cache = TestCache.Open();
        using ImmutableRef image = Image(cache, Tar(("a", "1")));
        Descriptor pulled = Assert.Single(await image.BlobChainAsync(new BlobChainOptions(), cache.Context, TestCache.Token)).Descriptor;
        await image.MakeLocalAsync(cache.Context, TestCache.Token);
        LayerBlob exported = Assert.Single(await image.BlobChainAsync(
            new BlobChainOptions { Compression = CompressionKind.Zstd }, cache.Context, TestCache.Token));
        Assert.Equal(pulled, exported.Descriptor);
        Assert.True(exported.IsLocal);
        await using Stream blob = await cache.Cache.Blobs.OpenAsync(exported, cache.Context, TestCache.Token);
        Assert.Equal(pulled.Size, blob.Length);
        Assert.Single(cache.Registry.Opened);
    }

    [Fact]
    public async Task Forcing_another_compression_keeps_the_diff_id()
    {
        await using TestCache cache = TestCache.Open();
        using ImmutableRef image = Image(cache, Tar(("a", "1")));
        LayerBlob gzip = Assert.Single(await image.BlobChainAsync(new BlobChainOptions(), cache.Context, TestCache.Token));
        LayerBlob zstd = Assert.Single(await image.BlobChainAsync(
            new BlobChainOptions { Compression = CompressionKind.Zstd, Force = true }, cache.Context, TestCache.Token));
        Assert.Equal(gzip.DiffId, zstd.DiffId);
        Assert.NotEqual(gzip.Descriptor.Digest, zstd.Descriptor.Digest);
        Assert.Equal(MediaTypes.OciLayerZstd, zstd.Descriptor.MediaType);
    }

    [Fact]
    public async Task Layers_made_here_become_blobs_once_and_are_found_after_a_restart()
    {
        await using TestCache cache = TestCache.Open();
        using ImmutableRef lower = await cache.LayerAsync(null, "one", ("/a", "1"));
        using ImmutableRef upper = await cache.ChangeAsync(lower, "two", tree => tree.Remove("/a", recursive: false));
        IReadOnlyList<LayerBlob> first = await upper.BlobChainAsync(new BlobChainOptions(), cache.Context, TestCache.Token);
        Assert.Equal(["one", "two"], first.Select(blob => blob.Description));
        int exports = cache.Registry.Actions.Count(action => action == "exporting layer");
        Assert.Equal(2, exports);
        await using TestCache again = cache.OpenAgain();
        using ImmutableRef? loaded = again.Refs.TryGet(upper.Id);
        IReadOnlyList<LayerBlob> second = await loaded!.BlobChainAsync(new BlobChainOptions(), again.Context, TestCache.Token);
        Assert.Equal(first.Select(blob => blob.Descriptor), second.Select(blob => blob.Descriptor));
        Assert.Equal(exports, cache.Registry.Actions.Count(action => action == "exporting layer"));
        Assert.Equal([".wh.a"], await NamesAsync(again, second[1]));
    }

    [Fact]
    public async Task Two_stores_make_the_same_bytes_and_times_are_clamped_on_demand()
    {
        List<string> digests = [];
        foreach (long time in (long[])[5, 9])
        {
            await using TestCache cache = TestCache.Open();
            using ImmutableRef layer = await cache.ChangeAsync(null, "file", tree =>
            {
                tree.WriteFile("/f", "x"u8, 0x1a4, null, new Snapshotter.Trees.FileTimes(time * 1_000_000_000));
                tree.SetMetadata("/", new Snapshotter.Trees.FileChange { Times = new Snapshotter.Trees.FileTimes(time * 1_000_000_000) }, false);
            });
            IReadOnlyList<LayerBlob> plain = await layer.BlobChainAsync(new BlobChainOptions(), cache.Context, TestCache.Token);
            IReadOnlyList<LayerBlob> clamped = await layer.BlobChainAsync(new BlobChainOptions { ClampSeconds = 3 }, cache.Context, TestCache.Token);
            IReadOnlyList<LayerBlob> kept = await layer.BlobChainAsync(
                new BlobChainOptions { ClampSeconds = 3, KeepLeading = 1 }, cache.Context, TestCache.Token);
            Assert.NotEqual(plain[0].DiffId, clamped[0].DiffId);
            Assert.Equal(plain[0].Descriptor, kept[0].Descriptor);
            digests.Add(clamped[0].Descriptor.Digest.ToString());
        }
        Assert.Equal(digests[0], digests[1]);
    }

    [Fact]
    public async Task A_torn_transfer_goes_on_where_it_stopped()
    {
        await using TestCache cache = TestCache.Open();
        byte[] noise = new byte[400_000];
        new Random(1).NextBytes(noise);
        using ImmutableRef image = Image(cache, Tar(("a", Convert.ToBase64String(noise))));
        cache.Registry.Breaks.Enqueue(100_000);
        cache.Registry.Breaks.Enqueue(50_000);
        await image.MakeLocalAsync(cache.Context, TestCache.Token);
        Assert.Equal([0L, 100_000, 150_000], cache.Registry.Opened.Select(opened => opened.Offset));
    }

    [Fact]
    public async Task A_blob_that_nobody_has_is_a_lost_result_that_names_the_ref_and_the_blob()
    {
        await using TestCache cache = TestCache.Open();
        using ImmutableRef image = Image(cache, Tar(("a", "1")));
        cache.Registry.Blobs.Clear();
        ResultLostException lost = await Assert.ThrowsAsync<ResultLostException>(() => image.MakeLocalAsync(cache.Context, TestCache.Token));
        Assert.Equal(image.Id, lost.Ref);
        Assert.Contains(TestRegistry.Source.Value, lost.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bytes_with_another_digest_are_refused_and_both_digests_named()
    {
        await using TestCache cache = TestCache.Open();
        using ImmutableRef image = Image(cache, Tar(("a", "1")));
        (Digest digest, byte[] bytes) = cache.Registry.Blobs.Single();
        byte[] other = [.. bytes];
        other[^1] ^= 1;
        cache.Registry.Blobs[digest] = other;
        ResultLostException lost = await Assert.ThrowsAsync<ResultLostException>(() => image.MakeLocalAsync(cache.Context, TestCache.Token));
        Assert.Contains(digest.ToString(), lost.Message, StringComparison.Ordinal);
        Assert.Contains(Digest.Sha256(other).ToString(), lost.Message, StringComparison.Ordinal);
        Assert.Equal(0, cache.Count("blobs"));
    }

    [Fact]
    public async Task A_blob_damaged_on_disk_is_fetched_again()
    {
        await using TestCache cache = TestCache.Open();
        using ImmutableRef image = Image(cache, Tar(("a", "1")));
        LayerBlob blob = Assert.Single(await image.BlobChainAsync(new BlobChainOptions(), cache.Context, TestCache.Token));
        await using (await cache.Cache.Blobs.OpenAsync(blob, cache.Context, TestCache.Token))
        {
        }
        string path = cache.Store.BlobPath(blob.Descriptor.Digest);
        byte[] bytes = await File.ReadAllBytesAsync(path, TestCache.Token);
        bytes[20] ^= 0xff;
        await File.WriteAllBytesAsync(path, bytes, TestCache.Token);
        Assert.Equal(["/a"], (await cache.FilesAsync(image)).Keys);
        Assert.Equal(2, cache.Registry.Opened.Count);
    }

    [Fact]
    public async Task A_layer_whose_directory_vanished_is_unpacked_again()
    {
        await using TestCache cache = TestCache.Open();
        using ImmutableRef image = Image(cache, Tar(("a", "1")));
        await image.MakeLocalAsync(cache.Context, TestCache.Token);
        Directory.Delete(Path.GetDirectoryName(cache.Snapshotter.ChangesDirectory(image.Layers[0].Directory!.Value))!, recursive: true);
        Assert.Equal(["/a"], (await cache.FilesAsync(image)).Keys);
        Assert.Single(cache.Registry.Opened);
    }

    [Fact]
    public async Task One_who_stops_waiting_does_not_stop_the_fetch_of_another()
    {
        await using TestCache cache = TestCache.Open();
        cache.Registry.Hold = new TaskCompletionSource();
        using ImmutableRef image = Image(cache, Tar(("a", "1")), Tar(("b", "2")));
        using var impatient = new CancellationTokenSource();
        Task leaver = image.MakeLocalAsync(cache.Context, impatient.Token);
        Task stayer = image.MakeLocalAsync(cache.Context, TestCache.Token);
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaver);
        cache.Registry.Hold.SetResult();
        await stayer;
        Assert.Equal(["/a", "/b"], (await cache.FilesAsync(image)).Keys);
        Assert.Equal(2, cache.Registry.Opened.Count);
    }

    [Fact]
    public async Task A_link_into_a_lower_layer_and_whiteouts_are_unpacked_in_order()
    {
        await using TestCache cache = TestCache.Open();
        var links = new MemoryStream();
        using (var writer = new TarWriter(links, TarEntryFormat.Pax, leaveOpen: true))
        {
            writer.WriteEntry(new PaxTarEntry(TarEntryType.HardLink, "linked") { LinkName = "etc/a" });
            writer.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "etc/.wh.b"));
        }
        using ImmutableRef image = Image(cache, Tar(("etc/", ""), ("etc/a", "1"), ("etc/b", "2")), links.ToArray());
        SortedDictionary<string, string> files = await cache.FilesAsync(image);
        Assert.Equal(["/etc/a", "/linked"], files.Keys);
        Assert.Equal("1", files["/linked"]);
    }

    [Fact]
    public async Task An_exported_merge_unpacks_to_the_tree_that_is_seen_here()
    {
        await using TestCache cache = TestCache.Open();
        using ImmutableRef image = Image(cache, Tar(("d/", ""), ("d/x", "1"), ("d/y", "2")));
        using ImmutableRef deleted = await cache.ChangeAsync(image, "delete", tree =>
        {
            tree.Remove("/d", recursive: true);
            tree.MakeDirectory("/d", 0x1ed, Snapshotter.Trees.FileOwner.Root, null, parents: false);
            tree.WriteFile("/d/z", "3"u8, 0x1a4, null, null);
        });
        using ImmutableRef other = await cache.LayerAsync(null, "other", ("/d/z", "4"), ("/e", "5"));
        using ImmutableRef merged = cache.Refs.Merge([deleted, other])!;
        SortedDictionary<string, string> seen = await cache.FilesAsync(merged);
        IReadOnlyList<LayerBlob> blobs = await merged.BlobChainAsync(new BlobChainOptions(), cache.Context, TestCache.Token);

        await using TestCache elsewhere = TestCache.Open();
        foreach (LayerBlob blob in blobs)
        {
            await using Stream stream = await cache.Cache.Blobs.OpenAsync(blob, cache.Context, TestCache.Token);
            var bytes = new MemoryStream();
            await stream.CopyToAsync(bytes, TestCache.Token);
            elsewhere.Registry.Add(bytes.ToArray(), blob.Descriptor.MediaType);
        }
        using ImmutableRef pulled = elsewhere.Refs.FromImage(
            [.. blobs.Select(blob => new ImageLayer(blob.Descriptor, blob.DiffId, TestRegistry.Source))], new RefDescription("pulled"))!;
        Assert.Equal(seen, await elsewhere.FilesAsync(pulled));
    }

    internal static ImmutableRef Image(TestCache cache, params byte[][] tars) => cache.Refs.FromImage(
        [.. tars.Select(tar => new ImageLayer(
            cache.Registry.Add(Gzip(tar), MediaTypes.OciLayerGzip), new DiffId(Digest.Sha256(tar)), TestRegistry.Source))],
        new RefDescription("pulled from registry.test"))!;

    private static byte[] Gzip(byte[] bytes)
    {
        var result = new MemoryStream();
        using (var gzip = new GZipStream(result, CompressionLevel.Fastest))
        {
            gzip.Write(bytes);
        }
        return result.ToArray();
    }

    internal static byte[] Tar(params (string Name, string Content)[] entries)
    {
        var result = new MemoryStream();
        using (var writer = new TarWriter(result, TarEntryFormat.Pax, leaveOpen: true))
        {
            foreach ((string name, string content) in entries)
            {
                bool directory = name.EndsWith('/');
                var entry = new PaxTarEntry(directory ? TarEntryType.Directory : TarEntryType.RegularFile, name)
                {
                    Mode = directory ? (UnixFileMode)0x1ed : (UnixFileMode)0x1a4,
                    ModificationTime = DateTimeOffset.UnixEpoch,
                };
                if (!directory)
                {
                    entry.DataStream = new MemoryStream(Encoding.UTF8.GetBytes(content));
                }
                writer.WriteEntry(entry);
            }
        }
        return result.ToArray();
    }

    private static async Task<List<string>> NamesAsync(TestCache cache, LayerBlob blob)
    {
        await using Stream compressed = await cache.Cache.Blobs.OpenAsync(blob, cache.Context, TestCache.Token);
        await using Stream tar = Compressors.Decompress(compressed);
        using var reader = new TarReader(tar);
        List<string> names = [];
        while (await reader.GetNextEntryAsync(false, TestCache.Token) is { } entry)
        {
            names.Add(entry.Name);
        }
        return names;
    }
}
