using Cairn.Cache.Refs;
using Cairn.Tests.Harness;

namespace Cairn.Cache.Tests;

/// <summary>Commands of a child process about merges.</summary>
[ChildCommands]
internal static class MergeCommands
{
    /// <summary>merge-lazy: merges three images that are known by their manifests only, and makes the blobs of the merge known to an exporter.</summary>
    public static string MergeLazy(ChildSession session, string[] arguments) => MergeLazyAsync().GetAwaiter().GetResult();

    private static async Task<string> MergeLazyAsync()
    {
        await using TestCache cache = TestCache.Open();
        ImmutableRef[] images = [.. Enumerable.Range(0, 3).Select(i => ImageTests.Image(cache, ImageTests.Tar(($"f{i}", "x")), ImageTests.Tar(($"g{i}", "y"))))];
        Recording.Mark("begin");
        using ImmutableRef merged = cache.Refs.Merge(images)!;
        IReadOnlyList<LayerBlob> blobs = await merged.BlobChainAsync(new BlobChainOptions(), cache.Context, CancellationToken.None);
        Recording.Mark("end");
        int staged = Directory.GetFileSystemEntries(cache.Store.Root + "/staging").Length;
        string answer = $"{blobs.Count(blob => !blob.IsLocal && blob.Sources.Count > 0)} {cache.Registry.Opened.Count} {cache.Count("layers")} {staged}";
        Array.ForEach(images, image => image.Dispose());
        return answer;
    }
}
