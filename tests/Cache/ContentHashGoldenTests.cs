using System.Diagnostics;
using System.Text.Json;
using Cairn.Cache.Checksums;
using Cairn.Llb;
using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Manifests;
using Xunit;

namespace Cairn.Cache.Tests;

/// <summary>Content digests against those of the reference implementation (tests/golden/contenthash).</summary>
public sealed class ContentHashGoldenTests
{
    public static TheoryData<string> Trees()
    {
        var names = new TheoryData<string>();
        foreach (JsonElement tree in Index().EnumerateArray())
        {
            names.Add(tree.GetProperty("name").GetString()!);
        }
        return names;
    }

    [Theory]
    [MemberData(nameof(Trees))]
    public async Task Every_selector_gives_the_reference_digest_or_error(string name)
    {
        JsonElement tree = Index().EnumerateArray().Single(tree => tree.GetProperty("name").GetString() == name);
        await using TestCache cache = TestCache.Open();
        string directory = Unpack(tree.GetProperty("tar").GetString()!, cache.Root);
        ChangeManifest manifest = ChangeManifest.Scan(directory, TestCache.Token);
        var proof = new LayerProof(new LayerId(1), ChangeManifest.HashOf(manifest.Write()), null);
        LayerDigests fresh = LayerDigests.Of(directory, manifest, null);
        LayerDigests stored = LayerDigests.TryRead(fresh.Write(proof), directory, proof, ChangeManifest.Read(manifest.Write()))!;
        TreeNode shown = TreeMerge.Over(null, fresh.Root);
        TreeNode shownStored = TreeMerge.Over(null, stored.Root);
        List<string> wrong = [];
        foreach (JsonElement selector in tree.GetProperty("selectors").EnumerateArray())
        {
            string expected = selector.TryGetProperty("digest", out JsonElement digest) ? digest.GetString()! : selector.GetProperty("error").GetString()!;
            foreach (TreeNode root in (TreeNode[])[shown, shownStored])
            {
                string actual = Answer(root, Read(selector));
                if (actual != expected)
                {
                    wrong.Add($"{selector}: {actual}");
                }
            }
        }
        Assert.Empty(wrong);
    }

    private static string Answer(TreeNode root, ContentSelector selector)
    {
        try
        {
            return ContentChecksums.Compute(root, selector, TestCache.Token).ToString();
        }
        catch (BuildException e)
        {
            return e.Message;
        }
    }

    private static ContentSelector Read(JsonElement selector) => new(
        selector.GetProperty("path").GetString()!, selector.GetProperty("follow_links").GetBoolean(), selector.GetProperty("wildcard").GetBoolean(),
        List(selector, "include_patterns"), List(selector, "exclude_patterns"), List(selector, "required_paths"));

    private static string[] List(JsonElement selector, string name) =>
        selector.TryGetProperty(name, out JsonElement list) ? [.. list.EnumerateArray().Select(item => item.GetString()!)] : [];

    private static string Unpack(string tar, string below)
    {
        string directory = Path.Combine(below, "tree");
        Directory.CreateDirectory(directory);
        using var process = Process.Start(
            "tar", ["--extract", "--preserve-permissions", "--same-owner", "--numeric-owner", "--xattrs", "--xattrs-include=*", "-C", directory, "-f", Golden(tar)]);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return directory;
    }

    private static JsonElement Index() => JsonDocument.Parse(File.ReadAllBytes(Golden("index.json"))).RootElement;

    private static string Golden(string file)
    {
        string? at = AppContext.BaseDirectory;
        while (at is not null && !Directory.Exists(Path.Combine(at, "tests", "golden")))
        {
            at = Path.GetDirectoryName(at);
        }
        return Path.Combine(at!, "tests", "golden", "contenthash", file);
    }
}
