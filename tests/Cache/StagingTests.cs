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
    public async Task STG_05_The_collector_leaves_the_parent_of_what_is_being_filled_and_one_that_is_gone_ends_the_child_alone()
    {
        await using TestCache cache = TestCache.Open();
        using ChildProcess collector = ChildProcess.Start();
        collector.Do("open-cache", cache.Root);
        ImmutableRef parent = await cache.LayerAsync(null, "parent", ("/p", "p"));
        MutableRef child = await cache.Refs.PrepareAsync(parent, cache.Context, TestCache.Token);
        child.Tree.Tree.WriteFile("/c", "c"u8, 0x1a4, Snapshotter.Trees.FileOwner.Root, null);
        parent.Dispose();   // nobody holds it but the child that is being filled
        Assert.Equal("0", collector.Do("prune"));
        using (ImmutableRef committed = await child.CommitAsync(new RefDescription("child"), TestCache.Token))
        {
            Assert.Equal("0", collector.Do("prune"));
            Assert.Equal(["/c", "/p"], (await cache.FilesAsync(committed)).Keys);
        }
        // Somebody takes the parent away all the same, between the making of the directory and its publication.
        using ImmutableRef lost = await cache.LayerAsync(null, "lost", ("/l", "l"));
        await lost.MakeLocalAsync(cache.Context, TestCache.Token);
        using MutableRef orphan = await cache.Refs.PrepareAsync(lost, cache.Context, TestCache.Token);
        orphan.Tree.Tree.WriteFile("/o", "o"u8, 0x1a4, Snapshotter.Trees.FileOwner.Root, null);
        cache.Store.Write(transaction => cache.Snapshotter.Remove(transaction, lost.Layers[0].Directory!.Value, force: true));
        long layers = cache.Count("layers");
        long refs = cache.Count("refs");
        BuildException gone = await Assert.ThrowsAsync<BuildException>(() => orphan.CommitAsync(new RefDescription("orphan"), TestCache.Token));
        Assert.Contains("does not have it", gone.Message, StringComparison.Ordinal);
        Assert.Equal((layers, refs), (cache.Count("layers"), cache.Count("refs")));
        using ImmutableRef again = await cache.LayerAsync(null, "again", ("/o", "o"));
        Assert.Equal(["/o"], (await cache.FilesAsync(again)).Keys);
        collector.Do("close-cache");
    }

    [Theory]
    [InlineData("staging.made", false)]
    [InlineData("turn.taken", true)]
    [InlineData("transaction.begun", true)]
    [InlineData("layer.inserted", true)]
    [InlineData("publish.renamed", true)]
    [InlineData("transaction.written", true)]
    [InlineData("transaction.committed", true)]
    [InlineData("turn.released", false)]
    public async Task STG_06_The_collector_of_another_process_leaves_what_a_living_one_is_making_at_any_step(string step, bool inTurn)
    {
        await using TestCache cache = TestCache.Open();
        string go = Path.Combine(cache.Root, "go");
        using ChildProcess maker = ChildProcess.Start();
        using ChildProcess collector = ChildProcess.Start();
        maker.Do("open-cache", cache.Root);
        collector.Do("open-cache", cache.Root);
        maker.Do("fail", $"{step}:1:pause-until={go}");
        maker.Send("build-layer", "/new", "content");
        Await.File(go + ".reached");
        collector.Send("prune");
        if (!inTurn)
        {
            collector.Answer();
        }
        File.WriteAllText(go, "");
        if (inTurn)
        {
            collector.Answer();
        }
        maker.Answer();
        Assert.Equal("0", collector.Do("prune"));
        Assert.Equal("/new=content", maker.Do("files"));
        maker.Do("close-cache");
        collector.Do("close-cache");
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
