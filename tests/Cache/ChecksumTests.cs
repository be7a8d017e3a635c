using System.Diagnostics;
using Cairn.Cache.Checksums;
using Cairn.Cache.Refs;
using Cairn.Llb;
using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Native;
using Cairn.Snapshotter.Trees;
using Xunit;

namespace Cairn.Cache.Tests;

public sealed class ChecksumTests
{
    private static readonly ContentSelector All = new("/", followLinks: false);

    [Fact]
    public async Task A_tree_of_several_layers_has_the_digest_of_the_same_tree_in_one()
    {
        await using TestCache cache = TestCache.Open();
        using ImmutableRef lower = await cache.LayerAsync(null, "lower", ("/d/a", "1"), ("/d/b", "2"), ("/e/x", "x"));
        using ImmutableRef upper = await cache.ChangeAsync(lower, "upper", tree =>
        {
            tree.Remove("/d/a", recursive: false);
            tree.Remove("/e", recursive: true);
            tree.MakeDirectory("/e", 0x1ed, FileOwner.Root, null, parents: false);
            tree.WriteFile("/e/y", "y"u8, 0x1a4, FileOwner.Root, null);
        });
        using ImmutableRef flat = await cache.LayerAsync(null, "flat", ("/d/b", "2"), ("/e/y", "y"));
        Assert.Equal(await DigestAsync(cache, flat, All), await DigestAsync(cache, upper, All));
        Assert.NotEqual(await DigestAsync(cache, lower, All), await DigestAsync(cache, upper, All));
        Assert.Equal(await DigestAsync(cache, lower, new("/d/b", false)), await DigestAsync(cache, upper, new("/d/b", false)));
    }

    [Fact]
    public async Task Times_do_not_count_and_everything_else_does()
    {
        await using TestCache cache = TestCache.Open();
        async Task<Digest> With(uint mode, uint uid, string content, long time)
        {
            using ImmutableRef layer = await cache.ChangeAsync(null, "file", tree =>
                tree.WriteFile("/f", System.Text.Encoding.UTF8.GetBytes(content), mode, new FileOwner(uid, 0), new FileTimes(time)));
            return await DigestAsync(cache, layer, All);
        }
        Digest reference = await With(0x1a4, 0, "a", 1);
        Assert.Equal(reference, await With(0x1a4, 0, "a", 2));
        Assert.NotEqual(reference, await With(0x1ed, 0, "a", 1));
        Assert.NotEqual(reference, await With(0x1a4, 5, "a", 1));
        Assert.NotEqual(reference, await With(0x1a4, 0, "b", 1));
    }

    [Fact]
    public async Task The_key_of_an_input_joins_its_selectors_without_those_below_others()
    {
        await using TestCache cache = TestCache.Open();
        using ImmutableRef layer = await cache.LayerAsync(null, "layer", ("/a/x", "1"), ("/b", "2"));
        Digest a = await cache.Cache.Checksums.ComputeOneAsync(layer, new("/a", false), cache.Context, TestCache.Token);
        Digest b = await cache.Cache.Checksums.ComputeOneAsync(layer, new("/b", false), cache.Context, TestCache.Token);
        Digest joined = await cache.Cache.Checksums.ComputeAsync(
            layer, [new("/b", false), new("/a/x", false), new("/a", false), new("/b", false)], cache.Context, TestCache.Token);
        Assert.Equal(Digest.Sha256(System.Text.Encoding.ASCII.GetBytes($"{a}\0{b}")), joined);
    }

    [Fact]
    public async Task The_root_of_files_from_a_client_has_no_header()
    {
        await using TestCache cache = TestCache.Open();
        StagedLayer staged = cache.Snapshotter.Stage();
        using ImmutableRef local = cache.Refs.Adopt(staged, null, new RefDescription("context", RefDescription.LocalSource));
        string header = "sha256:" + "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        Assert.Equal(
            Digest.Sha256(System.Text.Encoding.ASCII.GetBytes("\0" + header)),
            await cache.Cache.Checksums.ComputeOneAsync(local, All, cache.Context, TestCache.Token));
    }

    [Fact]
    public async Task Scratch_is_the_digest_of_nothing_and_has_no_paths()
    {
        await using TestCache cache = TestCache.Open();
        Assert.Equal(Digest.Sha256([]), await cache.Cache.Checksums.ComputeOneAsync(null, All, cache.Context, TestCache.Token));
        BuildException e = await Assert.ThrowsAsync<BuildException>(
            () => cache.Cache.Checksums.ComputeAsync(null, [new("/x", false)], cache.Context, TestCache.Token));
        Assert.Equal("\"/x\": not found", e.Message);
    }

    [Fact]
    public async Task An_answer_is_found_again_after_a_restart_without_reading_a_file()
    {
        await using TestCache cache = TestCache.Open();
        using ImmutableRef layer = await cache.LayerAsync(null, "layer", ("/d/a", "1"), ("/d/b", "2"));
        Digest first = await DigestAsync(cache, layer, All);
        using ImmutableRef more = await cache.LayerAsync(layer, "more", ("/d/c", "3"));
        await more.MakeLocalAsync(cache.Context, TestCache.Token);
        Overwrite(cache, layer, "/d/a");   // nobody may notice: the file is not read again
        await using TestCache again = cache.OpenAgain();
        using ImmutableRef? sameLayer = again.Refs.TryGet(layer.Id);
        Assert.Equal(first, await DigestAsync(again, sameLayer!, All));

        using ImmutableRef? onTop = again.Refs.TryGet(more.Id);
        using ImmutableRef fresh = await again.LayerAsync(null, "fresh", ("/d/a", "1"), ("/d/b", "2"), ("/d/c", "3"));
        Assert.Equal(await DigestAsync(again, fresh, All), await DigestAsync(again, onTop!, All));
    }

    [Fact]
    public async Task Files_linked_from_an_earlier_layer_keep_their_digests()
    {
        await using TestCache cache = TestCache.Open();
        using ImmutableRef first = Sync(cache, null, 0);
        Digest before = await DigestAsync(cache, first, All);
        using ImmutableRef second = Sync(cache, first, 7);
        Digest after = await DigestAsync(cache, second, All);
        Assert.NotEqual(before, after);
        Assert.Equal(199, second.Layers[0].Digests!.Root.Children.Count(child => ReferenceEquals(
            child.Record, first.Layers[0].Digests!.Root.Child(child.Name)!.Record)));
        using ImmutableRef same = Sync(cache, second, 7);
        Assert.Equal(after, await DigestAsync(cache, same, All));
    }

    [Fact]
    public async Task A_name_that_is_not_text_counts_by_its_bytes()
    {
        await using TestCache cache = TestCache.Open();
        string name = PathText.Decode([(byte)'x', 0xff]);
        using ImmutableRef layer = await cache.ChangeAsync(null, "bytes", tree => tree.WriteFile("/" + name, "1"u8, 0x1a4, null, null));
        Digest first = await DigestAsync(cache, layer, All);
        await using TestCache again = cache.OpenAgain();
        using ImmutableRef? loaded = again.Refs.TryGet(layer.Id);
        Assert.Equal(first, await DigestAsync(again, loaded!, All));
        Assert.NotEqual(first, await DigestAsync(again, loaded!, new("/" + name, false)));
    }

    private static Task<Digest> DigestAsync(TestCache cache, ImmutableRef reference, ContentSelector selector) =>
        cache.Cache.Checksums.ComputeOneAsync(reference, selector, cache.Context, TestCache.Token);

    private static void Overwrite(TestCache cache, ImmutableRef reference, string path) =>
        File.WriteAllText(cache.Snapshotter.ChangesDirectory(reference.Layers[0].Directory!.Value) + path, "X");

    // As a sync of a client's directory does it: unchanged files are linked, the changed one is written.
    private static ImmutableRef Sync(TestCache cache, ImmutableRef? previous, int changed)
    {
        StagedLayer staged = cache.Snapshotter.Stage();
        string? source = previous is null ? null : cache.Snapshotter.ChangesDirectory(previous.Layers[0].Directory!.Value);
        for (int i = 0; i < 200; i++)
        {
            string target = Path.Combine(staged.Directory, $"file{i}");
            if (source is null || i == changed)
            {
                File.WriteAllText(target, $"content {i} {changed}");
                continue;
            }
            using var link = Process.Start("ln", [Path.Combine(source, $"file{i}"), target]);
            link.WaitForExit();
        }
        var description = new RefDescription("context", RefDescription.LocalSource);
        return previous is null ? cache.Refs.Adopt(staged, null, description) : cache.Refs.AdoptSuccessor(staged, previous, description);
    }
}
