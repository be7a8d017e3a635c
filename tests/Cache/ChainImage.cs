using System.Formats.Tar;
using System.Text;
using Cairn.Cache.Refs;
using Cairn.Llb;

namespace Cairn.Cache.Tests;

/// <summary>An image of some layers with a file each, the same wherever it is made.</summary>
internal static class ChainImage
{
    /// <summary>Adds it, lazily.</summary>
    /// <param name="cache">Takes it.</param>
    /// <param name="layers">How many.</param>
    /// <param name="held">When set, the lowest layer cannot be fetched before.</param>
    public static (ImmutableRef Image, RefContext Context) Add(TestCache cache, int layers, TaskCompletionSource? held)
    {
        ImageLayer[] chain = [.. Enumerable.Range(0, layers).Select(i =>
        {
            byte[] tar = Tar(i);
            return new ImageLayer(
                cache.Registry.Add(tar, "application/vnd.oci.image.layer.v1.tar"), new DiffId(Digest.Sha256(tar)), TestRegistry.Source);
        })];
        var fetcher = new HoldingFetcher(cache.Registry, chain[0].Blob.Digest, held);
        return (cache.Refs.FromImage(chain, new RefDescription("pulled from registry.test"))!, new RefContext(fetcher, cache.Registry));
    }

    public static byte[] Tar(int number)
    {
        using var stream = new MemoryStream();
        using (var writer = new TarWriter(stream, TarEntryFormat.Ustar, leaveOpen: true))
        {
            writer.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, $"file-{number}")
            {
                DataStream = new MemoryStream(Encoding.ASCII.GetBytes($"content {number}")),
                ModificationTime = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000),
            });
        }
        return stream.ToArray();
    }

    private sealed class HoldingFetcher(IBlobFetcher inner, Digest blob, TaskCompletionSource? held) : IBlobFetcher
    {
        public async Task<Stream> OpenAsync(Descriptor descriptor, BlobSource source, long offset, CancellationToken cancellationToken)
        {
            if (held is not null && descriptor.Digest == blob)
            {
                await held.Task.WaitAsync(cancellationToken);
            }
            return await inner.OpenAsync(descriptor, source, offset, cancellationToken);
        }
    }
}
