using Cairn.Cache.Keys;
using Cairn.Cache.Refs;
using Cairn.Cache.Verification;
using Cairn.Llb;
using Xunit;

namespace Cairn.Cache.Tests;

/// <summary>Checking and mending: what each kind of damage to rows and files does to the records of the cache.</summary>
public sealed class VerificationTests
{
    [Fact]
    public async Task A_sound_store_has_no_findings_and_its_files_are_recorded_once()
    {
        await using TestCache cache = TestCache.Open();
        using ImmutableRef top = await FillAsync(cache);

        StoreReport first = await VerifyAsync(cache);
        Assert.Empty(first.Findings);
        Assert.Equal((2, 2, 2, 1), (first.Layers, first.Recorded, first.Proven, first.Blobs - 1));
        Assert.Equal(0, (await VerifyAsync(cache)).Recorded);
        Assert.Empty((await cache.Cache.Repair.RunAsync(null, TestCache.Token)).Steps);
    }

    [Theory]
    [InlineData("DELETE FROM cache_layers WHERE description = 'lower'", FindingKind.BrokenRow, 0)]
    [InlineData("DELETE FROM layers WHERE id = 1", FindingKind.BrokenRow, 2)]
    [InlineData("DELETE FROM refs WHERE parent = 0", FindingKind.BrokenRow, 0)]
    [InlineData("INSERT INTO key_results VALUES (99, 99, 0)", FindingKind.BrokenRow, 2)]
    [InlineData("INSERT INTO content_digests VALUES (99, 'x', 'sha256:0')", FindingKind.BrokenRow, 2)]
    [InlineData("INSERT INTO layer_blobs VALUES (99, '', 'sha256:0', '', 0, '')", FindingKind.BrokenRow, 2)]
    [InlineData("INSERT INTO layers (sequence, boot, bytes, inodes) VALUES (0, '', 0, 0)", FindingKind.MissingLayer, 2)]
    [InlineData("INSERT INTO cache_mounts VALUES (7, 'm', '', 0, 0, 0, 0)", FindingKind.MissingDirectory, 2)]
    [InlineData("INSERT INTO ref_leases SELECT 'nobody', id FROM refs", FindingKind.StaleClaim, 2)]
    [InlineData("DELETE FROM blobs", FindingKind.Nameless, 2)]
    public async Task Rows_that_hang_in_the_air_are_told_and_taken_out(string damage, FindingKind kind, int records)
    {
        await using TestCache cache = TestCache.Open();
        (await FillAsync(cache)).Dispose();
        await VerifyAsync(cache);
        cache.Store.Write(transaction => transaction.Command(damage).ExecuteNonQuery());

        StoreReport found = await VerifyAsync(cache);
        Assert.Contains(found.Findings, finding => finding.Kind == kind);
        Assert.Equal(kind == FindingKind.StaleClaim, found.IsSound);
        Assert.NotEmpty((await cache.Cache.Repair.RunAsync(null, TestCache.Token)).Steps);
        Assert.Empty((await VerifyAsync(cache)).Findings);
        Assert.Equal(records, cache.Count("refs"));
    }

    [Fact]
    public async Task A_lost_difference_is_made_again_from_its_sides_and_a_lost_layer_takes_what_stands_on_it()
    {
        await using TestCache cache = TestCache.Open();
        using ImmutableRef a = await cache.LayerAsync(null, "a", ("/a", "1"));
        using ImmutableRef b = await cache.LayerAsync(null, "b", ("/b", "2"));
        using ImmutableRef difference = (await cache.Refs.DiffAsync(a, b, cache.Context, TestCache.Token))!;
        using ImmutableRef alone = await cache.LayerAsync(null, "alone", ("/x", "1"));
        using ImmutableRef above = await cache.LayerAsync(alone, "above", ("/y", "2"));
        SortedDictionary<string, string> seen = await cache.FilesAsync(difference);
        await above.MakeLocalAsync(cache.Context, TestCache.Token);
        foreach (ImmutableRef lost in (ImmutableRef[])[difference, alone])
        {
            Directory.Delete(cache.Snapshotter.Manifests.DirectoryOf(lost.Layers[0].Directory!.Value), recursive: true);
        }

        await using TestCache again = cache.OpenAgain();
        RepairReport report = await again.Cache.Repair.RunAsync(null, TestCache.Token);
        Assert.Equal(2, report.Before.Findings.Count(finding => finding.Kind == FindingKind.MissingLayer));
        Assert.Contains(report.Steps, step => step is { Did: "rebuilt", How: "from the two trees that it is the difference of" });
        Assert.Contains(report.Steps, step => step is { Did: "dropped", Subject: "record 'alone'" });
        Assert.Contains(report.Steps, step => step is { Did: "dropped", Subject: "record 'above'" });
        using ImmutableRef restored = again.Refs.TryGet(difference.Id)!;
        Assert.Equal(seen, await again.FilesAsync(restored));
        Assert.Null(again.Refs.TryGet(above.Id));
        Assert.True((await VerifyAsync(again)).IsSound);
    }

    [Theory]
    [InlineData("twin", "printf changed > {0}/twin/again/f; touch -r {0}/fs/again/f {0}/twin/again/f", "/again/f: it differs")]
    [InlineData("twin", "rm {0}/twin/again/f", "/again/f: it is missing")]
    [InlineData("twin", "chmod 700 {0}/twin/again", "/again: its owner")]
    [InlineData("run", "cp -p {0}/fs/f /tmp/x.$$; rm {0}/fs/f; printf 'other..' > {0}/fs/f; touch -r /tmp/x.$$ {0}/fs/f; rm /tmp/x.$$", "/f: it differs")]
    [InlineData("run", "touch {0}/fs/more", "/more: no layer has it")]
    [InlineData("run", "rm -r {0}/fs/again", "/again: it is missing")]
    public async Task A_damaged_copy_of_layers_is_told_and_made_again(string copy, string damage, string told)
    {
        await using TestCache cache = TestCache.Open(copy == "run" ? "native" : "overlay");
        using ImmutableRef source = await cache.LayerAsync(null, "source", ("/f", "content"));
        await source.MakeLocalAsync(cache.Context, TestCache.Token);
        using Snapshotter.Layers.StagedLayer staged = cache.Snapshotter.StageSubtree(
            [source.Layers[0].Directory!.Value], "/", "/again", TestCache.Token);
        using ImmutableRef again = cache.Refs.Adopt(staged, null, new RefDescription("again"));
        using ImmutableRef both = cache.Refs.Merge([source, again])!;
        SortedDictionary<string, string> seen = await cache.FilesAsync(both);
        Assert.Equal(["/again/f", "/f"], seen.Keys);
        Assert.Empty((await VerifyAsync(cache)).Findings);
        string directory = copy == "run"
            ? Assert.Single(Directory.GetDirectories(Path.Combine(cache.Store.Root, "flattened")))
            : Path.GetDirectoryName(cache.Snapshotter.ChangesDirectory(again.Layers[0].Directory!.Value))!;
        using (var shell = System.Diagnostics.Process.Start("/bin/sh", ["-ec", string.Format(System.Globalization.CultureInfo.InvariantCulture, damage, directory)]))
        {
            await shell.WaitForExitAsync(TestCache.Token);
            Assert.Equal(0, shell.ExitCode);
        }

        Finding finding = Assert.Single((await VerifyAsync(cache)).Findings);
        Assert.Equal(FindingKind.DamagedCopy, finding.Kind);
        Assert.Contains(finding.Details, detail => detail.StartsWith(told, StringComparison.Ordinal));
        RepairStep step = Assert.Single((await cache.Cache.Repair.RunAsync(null, TestCache.Token)).Steps);
        Assert.Equal(("removed", finding.Subject), (step.Did, step.Subject));
        Assert.Empty((await VerifyAsync(cache)).Findings);
        Assert.Equal(seen, await cache.FilesAsync(both));
        Assert.Empty((await VerifyAsync(cache)).Findings);
    }

    [Fact]
    public async Task A_store_can_be_checked_while_builds_write_and_prune()
    {
        await using TestCache cache = TestCache.Open();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestCache.Token);
        Task builds = Task.Run(
            async () =>
            {
                for (int i = 0; !stop.IsCancellationRequested; i++)
                {
                    using ImmutableRef layer = await cache.LayerAsync(null, "layer", ("/f", $"{i}"));
                    await layer.BlobChainAsync(new BlobChainOptions(), cache.Context, TestCache.Token);
                    if (i % 5 == 4)
                    {
                        await cache.Cache.Collector.PruneAsync(new Collection.PruneOptions { All = true }, null, TestCache.Token);
                    }
                }
            },
            TestCache.Token);
        for (int i = 0; i < 10; i++)
        {
            Assert.Empty((await VerifyAsync(cache)).Findings);
        }
        await stop.CancelAsync();
        await builds;
    }

    private static Task<StoreReport> VerifyAsync(TestCache cache) => cache.Cache.Verifier.RunAsync(null, TestCache.Token);

    // Two layers with their blobs, and a result.
    private static async Task<ImmutableRef> FillAsync(TestCache cache)
    {
        using ImmutableRef lower = await cache.LayerAsync(null, "lower", ("/a", "1"));
        ImmutableRef upper = await cache.LayerAsync(lower, "upper", ("/b", "2"));
        await upper.BlobChainAsync(new BlobChainOptions(), cache.Context, TestCache.Token);
        cache.Cache.Save([new KeySave(new KeyQuery(Digest.Sha256("step"u8), 0, []), true, upper)]);
        return upper;
    }
}
