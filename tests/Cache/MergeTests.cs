using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Cairn.Cache.Collection;
using Cairn.Cache.Keys;
using Cairn.Cache.Refs;
using Cairn.Llb;
using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Trees;
using Cairn.Tests.Harness;
using Xunit;

namespace Cairn.Cache.Tests;

/// <summary>Merges as the cache knows them: lists of layers that are shared, counted and pruned.</summary>
public sealed class MergeTests
{
    [Fact]
    public void MRG_30_A_merge_of_lazy_images_is_exported_without_a_fetch_a_snapshot_or_a_mount()
    {
        using ChildProcess child = ChildProcess.Start(new ChildOptions { Trace = "fsopen,fsmount,mount,move_mount,open_tree,mkdirat" });
        Assert.Equal("6 0 0 0", child.Do("merge-lazy"));   // blobs to mount at the registry, fetches, snapshots, anything staged
        Recording merging = child.ExitAndRead().Between("begin", "end");
        Assert.DoesNotContain(merging.Calls, static call => call.Name != "openat");
    }

    [Fact]
    public async Task MRG_31_Equal_merges_are_one_record_and_made_local_once()
    {
        await using TestCache cache = TestCache.Open();
        ImmutableRef[] images = [.. Enumerable.Range(0, 3).Select(i => ImageTests.Image(cache, ImageTests.Tar(($"f{i}", "x"))))];
        RefId[] ids = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Task.Run(
            async () =>
            {
                using ImmutableRef merged = cache.Refs.Merge(images)!;
                await merged.MakeLocalAsync(cache.Context, TestCache.Token);
                return merged.Id;
            },
            TestCache.Token)));
        RefId id = Assert.Single(ids.Distinct());
        Assert.Equal(3, cache.Registry.Opened.Count);
        Assert.Equal(3, cache.Count("layers"));
        await using TestCache again = cache.OpenAgain();
        using ImmutableRef found = again.Refs.TryGet(id)!;
        ImmutableRef[] same = [.. images.Select(image => again.Refs.TryGet(image.Id)!)];
        using ImmutableRef merged = again.Refs.Merge(same)!;
        Assert.Equal(id, merged.Id);
        Assert.Equal(["/f0", "/f1", "/f2"], (await again.FilesAsync(merged)).Keys);
        Assert.Equal(3, again.Count("layers"));
        Assert.Equal(3, cache.Registry.Opened.Count);
        Array.ForEach([.. images, .. same], image => image.Dispose());
    }

    [Theory]
    [InlineData("overlay")]
    [InlineData("native")]
    public async Task MRG_36_A_directory_of_a_ref_is_merged_at_another_place_without_copying_its_files(string driver)
    {
        await using TestCache cache = TestCache.Open(driver);
        using ImmutableRef lower = await cache.LayerAsync(null, "lower", ("/src/gone", "1"), ("/src/d/kept", "2"), ("/other", "3"));
        using ImmutableRef source = await cache.ChangeAsync(lower, "upper", tree => tree.Remove("/src/gone", recursive: false));
        using ImmutableRef subtree = await cache.Refs.SubtreeAsync(source, "/src", "/a/b", new RefDescription("part"), cache.Context, TestCache.Token);
        using ImmutableRef target = await cache.LayerAsync(null, "target", ("/a/own", "4"));
        using ImmutableRef merged = cache.Refs.Merge([target, subtree])!;
        Assert.Equal(["/a/b/d/kept", "/a/own"], (await cache.FilesAsync(merged)).Keys);
        Assert.Equal(
            Stat(cache.Snapshotter.ChangesDirectory(lower.Layers[0].Directory!.Value) + "/src/d/kept"),
            Stat(cache.Snapshotter.ChangesDirectory(subtree.Layers[0].Directory!.Value) + "/a/b/d/kept"));
    }

    [Fact]
    public async Task MRG_43_Inputs_stay_while_a_merge_is_made_local_whoever_prunes_or_removes()
    {
        await using TestCache cache = TestCache.Open();
        ImmutableRef written = await cache.LayerAsync(null, "written", ("/w", "w"));
        await written.MakeLocalAsync(cache.Context, TestCache.Token);
        LayerId directory = written.Layers[0].Directory!.Value;
        cache.Registry.Hold = new TaskCompletionSource();
        ImmutableRef image = ImageTests.Image(cache, ImageTests.Tar(("i", "i")));
        using ImmutableRef merged = cache.Refs.Merge([written, image])!;
        written.Dispose();
        image.Dispose();
        Task<SortedDictionary<string, string>> reading = cache.FilesAsync(merged);
        await using (TestCache other = cache.OpenAgain())
        {
            Assert.Empty(await other.Cache.Collector.PruneAsync(new PruneOptions { All = true }, null, TestCache.Token));
        }
        cache.Registry.Hold.SetResult();
        Assert.Equal(["/i", "/w"], (await reading).Keys);
        using (await merged.ViewAsync(cache.Context, TestCache.Token))
        {
            BuildException refused = Assert.Throws<BuildException>(() =>
                cache.Store.Write(transaction => cache.Snapshotter.Remove(transaction, directory, force: false)));
            Assert.Contains("in use", refused.Message, StringComparison.Ordinal);
        }
        Assert.Equal(["/i", "/w"], (await cache.FilesAsync(merged)).Keys);
    }

    [Fact]
    public async Task MRG_46_What_merges_and_linked_layers_share_is_counted_once_and_a_size_is_what_pruning_frees()
    {
        await using TestCache cache = TestCache.Open();
        Random random = Soak.Random();
        List<ImmutableRef> layers = [];
        for (int i = 0; i < 24; i++)
        {
            byte[] content = RandomNumberGenerator.GetBytes(random.Next(300_000, 1_500_000));
            layers.Add(i % 3 == 2
                ? await LinkedAsync(cache, layers[random.Next(layers.Count)], i)
                : await cache.ChangeAsync(null, $"layer {i}", tree => tree.WriteFile($"/file{i}", content, 0x1a4, null, null)));
            await layers[^1].MakeLocalAsync(cache.Context, TestCache.Token);
        }
        List<RefId> records = [.. layers.Select(layer => layer.Id)];
        for (int i = 0; i < 100; i++)
        {
            ImmutableRef[] inputs = [.. Enumerable.Range(0, random.Next(2, 6)).Select(_ => layers[random.Next(layers.Count)])];
            using ImmutableRef merged = cache.Refs.Merge(inputs)!;
            records.Add(merged.Id);
            if (i < 5)
            {
                (await merged.ViewAsync(cache.Context, TestCache.Token)).Dispose();   // makes twins of layers with files in common
            }
        }
        layers.ForEach(layer => layer.Dispose());

        Collector collector = cache.Cache.Collector;
        IReadOnlyList<UsageRecord> usage = collector.DiskUsage([]);
        long reported = usage.Sum(record => record.Size);
        Assert.Equal(Allocated(cache, "*/fs", "*/twin"), reported);
        Assert.InRange(Math.Abs(Allocated(cache, "*") - reported), 0, (reported / 100) + Directories(cache));
        Assert.Equal(0, usage.Where(record => record.Description.StartsWith("merge", StringComparison.Ordinal)).Sum(record => record.Size));

        // In random order, each frees what it says, and nothing is left.
        foreach (RefId record in records.Distinct().OrderBy(_ => random.Next()))
        {
            long before = Allocated(cache, "*/fs", "*/twin");
            IReadOnlyList<UsageRecord> gone = await collector.PruneAsync(
                new PruneOptions { All = true, Filters = [$"id=={record}"] }, null, TestCache.Token);
            Assert.Equal(before - Allocated(cache, "*/fs", "*/twin"), gone.Sum(each => each.Size));
            Assert.Equal(Allocated(cache, "*/fs", "*/twin"), collector.DiskUsage([]).Sum(each => each.Size));
        }
        await collector.PruneAsync(new PruneOptions { All = true }, null, TestCache.Token);
        Assert.Equal(0, Allocated(cache, "*/fs", "*/twin"));
        Assert.Equal(0, cache.Count("refs") + cache.Count("layers") + cache.Count("cache_layers"));
    }

    [Fact]
    public async Task MRG_47_An_input_whose_directory_is_missing_is_unpacked_again_and_one_whose_blob_is_missing_too_is_named()
    {
        await using TestCache cache = TestCache.Open();
        using ImmutableRef one = ImageTests.Image(cache, ImageTests.Tar(("one", "1")));
        using ImmutableRef two = ImageTests.Image(cache, ImageTests.Tar(("two", "2")));
        using ImmutableRef merged = cache.Refs.Merge([one, two])!;
        await merged.MakeLocalAsync(cache.Context, TestCache.Token);
        int fetched = cache.Registry.Opened.Count;
        void Lose() => Directory.Delete(
            Path.GetDirectoryName(cache.Snapshotter.ChangesDirectory(one.Layers[0].Directory!.Value))!, recursive: true);
        Lose();
        Assert.Equal(["/one", "/two"], (await cache.FilesAsync(merged)).Keys);
        Assert.Equal(fetched, cache.Registry.Opened.Count);
        Lose();
        Descriptor blob = (await one.BlobChainAsync(new BlobChainOptions(), cache.Context, TestCache.Token))[0].Descriptor;
        File.Delete(cache.Store.BlobPath(blob.Digest));
        cache.Registry.Blobs.Clear();
        ResultLostException lost = await Assert.ThrowsAsync<ResultLostException>(() => cache.FilesAsync(merged));
        Assert.Contains(blob.Digest.ToString(), lost.Message, StringComparison.Ordinal);
        Assert.Equal(["/two"], (await cache.FilesAsync(two)).Keys);
    }

    [Fact]
    public async Task MRG_48_Claims_are_counted_exactly_whoever_gives_up_fails_or_publishes_at_once()
    {
        await using TestCache cache = TestCache.Open();
        using ImmutableRef parent = await cache.LayerAsync(null, "parent", ("/p", "p"));
        for (int round = 0; round < 20; round++)
        {
            ImmutableRef made = await cache.LayerAsync(parent, $"made {round}", ($"/{round}", "x"));
            ImmutableRef[] owners = [.. Enumerable.Range(0, 8).Select(_ => made.Clone())];
            made.Dispose();
            made.Dispose();   // a second time does no harm
            var key = new KeyQuery(Digest.Sha256(BitConverter.GetBytes(round)), 0, []);
            await Task.WhenAll(owners.Select((owner, i) => Task.Run(
                async () =>
                {
                    if (i % 2 == 0)
                    {
                        cache.Cache.Save([new KeySave(key, true, owner)]);
                    }
                    Assert.Equal(2, (await cache.FilesAsync(owner)).Count);
                    owner.Dispose();
                },
                TestCache.Token)));

            // A step on it fails while somebody else has its input.
            using ImmutableRef found = cache.Refs.TryGet(cache.Cache.Keys.LoadCandidates(cache.Cache.Keys.Find(key.Operation, 0, []))[0].Ref!.Value)!;
            using (MutableRef failing = await cache.Refs.PrepareAsync(found, cache.Context, TestCache.Token))
            {
                failing.Tree.Tree.WriteFile("/failed", "x"u8, 0x1a4, null, null);
                using var cancelled = new CancellationTokenSource();
                await cancelled.CancelAsync();
                await Assert.ThrowsAnyAsync<OperationCanceledException>(() => failing.CommitAsync(new RefDescription("failed"), cancelled.Token));
            }
            Assert.Equal(2, (await cache.FilesAsync(found)).Count);
        }
        Assert.Equal(21, cache.Count("refs"));
        Assert.NotEmpty(cache.Cache.Collector.DiskUsage([]));   // writes down what was given up
        Assert.Equal(1, cache.Count("ref_leases"));             // the parent's
    }

    [Fact]
    public async Task MRG_49_Inputs_stay_as_long_as_a_merge_of_them_and_go_with_it()
    {
        await using TestCache cache = TestCache.Open();
        ImmutableRef a = await cache.LayerAsync(null, "a", ("/a", "1"));
        ImmutableRef b = await cache.LayerAsync(a, "b", ("/b", "2"));
        ImmutableRef c = await cache.LayerAsync(null, "c", ("/c", "3"));
        ImmutableRef merged = cache.Refs.Merge([b, c])!;
        ImmutableRef onTop = await cache.LayerAsync(merged, "on top", ("/d", "4"));
        await onTop.MakeLocalAsync(cache.Context, TestCache.Token);
        RefId id = onTop.Id;
        foreach (ImmutableRef input in new[] { a, b, c, merged })
        {
            input.Dispose();
        }
        IReadOnlyList<UsageRecord> gone = await cache.Cache.Collector.PruneAsync(new PruneOptions { All = true }, null, TestCache.Token);
        Assert.Equal(["c"], gone.Select(record => record.Description));   // the record that nobody names any more, not its layer
        Assert.Equal(0, gone.Sum(record => record.Size));
        Assert.Equal(["/a", "/b", "/c", "/d"], (await cache.FilesAsync(onTop)).Keys);
        onTop.Dispose();
        Assert.NotEmpty(await cache.Cache.Collector.PruneAsync(new PruneOptions { All = true }, null, TestCache.Token));
        Assert.Null(cache.Refs.TryGet(id));
        Assert.Empty(Directory.GetFileSystemEntries(cache.Store.Root + "/layers"));
    }

    // A layer with a file of its own and one that is a link to another layer's.
    private static async Task<ImmutableRef> LinkedAsync(TestCache cache, ImmutableRef source, int number)
    {
        await source.MakeLocalAsync(cache.Context, TestCache.Token);
        LayerId layer = source.Layers[0].Directory!.Value;
        StagedLayer staged = cache.Snapshotter.Stage();
        string from = Directory.GetFiles(cache.Snapshotter.ChangesDirectory(layer))[0];
        Run("ln", from, Path.Combine(staged.Directory, $"linked{number}"));
        staged.ShareFilesOf(layer);
        staged.Tree.WriteFile($"/file{number}", RandomNumberGenerator.GetBytes(100_000), 0x1a4, FileOwner.Root, null);
        return cache.Refs.Adopt(staged, null, new RefDescription($"layer {number}"));
    }

    // Each inode once, as the filesystem has it; directories count where they are part of the pattern.
    private static long Allocated(TestCache cache, params string[] patterns)
    {
        HashSet<string> seen = [];
        return patterns.SelectMany(pattern => Run("find", cache.Store.Root + "/layers", "-path", $"{cache.Store.Root}/layers/{pattern}*", "-printf", "%i %b\n")
                .Split('\n', StringSplitOptions.RemoveEmptyEntries))
            .Where(line => seen.Add(line.Split(' ')[0]))
            .Sum(line => long.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture) * 512);
    }

    private static long Directories(TestCache cache) =>
        Run("find", cache.Store.Root + "/layers", "-type", "d", "-printf", "%b\n").Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Sum(blocks => long.Parse(blocks, CultureInfo.InvariantCulture) * 512);

    private static string Stat(string path) => Run("stat", "-c", "%d:%i", path);

    private static string Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}");
    }
}
