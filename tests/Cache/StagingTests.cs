using Cairn.Cache.Refs;
using Cairn.Llb;
using Cairn.Snapshotter.Layers;
using Cairn.Tests.Harness;
using Xunit;

namespace Cairn.Cache.Tests;

/// <summary>Layers of images on their way into the store.</summary>
public sealed class StagingTests
{
    [Fact]
    public async Task STG_03_Two_processes_that_unpack_one_layer_share_the_first()
    {
        await using TestCache cache = TestCache.Open();
        string go = Path.Combine(cache.Root, "go");
        using ChildProcess child = ChildProcess.Start();
        child.Do("open-cache", cache.Root);
        child.Do("fail", $"layer.unpacked:1:pause-until={go}");
        child.Send("unpack-image");
        Await.File(go + ".reached");   // it has the whole layer in its staging directory

        (ImmutableRef image, RefContext context) = ChainImage.Add(cache, 1, null);
        using (image)
        {
            await image.MakeLocalAsync(context, TestCache.Token);
            LayerId own = image.Layers[0].Directory!.Value;
            Assert.Equal(1, cache.Count("layers"));
            File.WriteAllText(go, "");
            Assert.Equal($"{own}", child.Answer());   // success, with the layer that was there first
            Assert.Equal(1, cache.Count("layers"));
            Assert.Equal([$"{own}"], Directory.GetDirectories(Path.Combine(cache.Store.Root, "layers")).Select(Path.GetFileName));
            Assert.DoesNotContain(
                Directory.GetDirectories(Path.Combine(cache.Store.Root, "staging")), static path => path.EndsWith("-layer", StringComparison.Ordinal));
        }
        child.Do("close-cache");
    }

    [Fact]
    public async Task STG_08_A_layer_that_is_not_what_was_declared_is_refused_with_both_digests()
    {
        await using TestCache cache = TestCache.Open();
        byte[] tar = ChainImage.Tar(0);
        var declared = new DiffId(Digest.Sha256("something else"u8));
        Descriptor blob = cache.Registry.Add(tar, "application/vnd.oci.image.layer.v1.tar");
        using ImmutableRef image = cache.Refs.FromImage([new ImageLayer(blob, declared, TestRegistry.Source)], new RefDescription("x"))!;
        ResultLostException error = await Assert.ThrowsAsync<ResultLostException>(() => image.MakeLocalAsync(cache.Context, TestCache.Token));
        Assert.Contains(declared.ToString(), error.Message, StringComparison.Ordinal);
        Assert.Contains(Digest.Sha256(tar).ToString(), error.Message, StringComparison.Ordinal);
        Assert.Equal(0, cache.Count("layers"));
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(cache.Store.Root, "layers")));
        Assert.DoesNotContain(
            Directory.GetDirectories(Path.Combine(cache.Store.Root, "staging")), static path => path.EndsWith("-layer", StringComparison.Ordinal));
    }

    [Fact]
    public async Task STG_14_Layers_of_a_chain_are_unpacked_side_by_side_and_published_in_order()
    {
        await using TestCache cache = TestCache.Open();
        var held = new TaskCompletionSource();
        (ImmutableRef image, RefContext context) = ChainImage.Add(cache, 10, held);
        using (image)
        {
            Task local = image.MakeLocalAsync(context, TestCache.Token);
            // The lowest layer is not even here; all others lie unpacked, each with its file, and none is visible.
            string staging = Path.Combine(cache.Store.Root, "staging");
            Await.True(
                () => Enumerable.Range(1, 9).All(i => Directory.GetDirectories(staging).Any(path => File.Exists(Path.Combine(path, "fs", $"file-{i}")))),
                "nine layers are unpacked");
            Assert.Equal(0, cache.Count("layers"));
            Assert.False(local.IsCompleted);
            held.SetResult();
            await local;
            LayerId[] order = [.. image.Layers.Select(static layer => layer.Directory!.Value)];
            Assert.Equal(order.OrderBy(static id => id.Value), order);
            SortedDictionary<string, string> files = await cache.FilesAsync(image);
            Assert.Equal(Enumerable.Range(0, 10).Select(static i => $"/file-{i}"), files.Keys);
        }
    }
}
