using System.Globalization;
using System.Text.Json;
using Cairn.Cache.Refs;
using Cairn.Cache.Remote;
using Cairn.Llb;
using Cairn.Solver.Images;
using Cairn.Solver.Keys;
using Cairn.Solver.Progress;
using Cairn.Solver.Registry;

namespace Cairn.Solver.Remote;

/// <summary>Reads a cache that is kept as a manifest or an index, or in the configs of images.</summary>
/// <remarks>Source: control-and-status.md, sections 16.1 and 16.2.</remarks>
internal sealed class CacheReader(IImageContent content, IVertexProgress progress)
{
    private const int MostBytes = 1 << 20;
    private const int MostNesting = 4;

    /// <summary>All keys; none for an image that carries no cache.</summary>
    /// <exception cref="BuildException">It is not there, or is neither a cache nor an image.</exception>
    public async Task<IReadOnlyList<ImportedKey>> ReadAsync(CancellationToken cancellationToken)
    {
        (string type, ImageManifest? manifest, ImageIndex? index) = await FetchAsync(null, cancellationToken);
        using (progress.Step("inferred cache manifest type: " + type))
        {
            IEnumerable<Descriptor> layers = manifest?.Layers ?? index!.Manifests;
            Descriptor? config = manifest is null
                ? index!.Manifests.LastOrDefault(static one => one.MediaType == CacheConfig.MediaType)
                : manifest.Config.MediaType == CacheConfig.MediaType ? manifest.Config : null;
            if (config is null)
            {
                var keys = new List<ImportedKey>();
                await ReadImagesAsync(manifest, index, keys, MostNesting, cancellationToken);
                return keys;
            }

            CacheConfig read = CacheConfigReader.Read(await BytesAsync(config, cancellationToken), content.Subject);
            Dictionary<Digest, Descriptor> blobs = layers.Where(static one => one.MediaType != CacheConfig.MediaType)
                .DistinctBy(static one => one.Digest).ToDictionary(static one => one.Digest);
            return ImportedKeys.Of(read, layer => blobs.TryGetValue(layer.Blob, out Descriptor? blob) ? LayerOf(blob, content.Source) : null);
        }
    }

    // A blob of which the tar's digest is not known is no layer that could be used.
    private static ImageLayer? LayerOf(Descriptor blob, BlobSource source) =>
        Digest.TryParse(blob.Annotations.GetValueOrDefault(CacheDocuments.DiffIdKey), out Digest diffId)
            ? new ImageLayer(blob with { Annotations = new SortedDictionary<string, string>(StringComparer.Ordinal) }, new DiffId(diffId), source)
            {
                Created = GoTime.TryParse(blob.Annotations.GetValueOrDefault(CacheDocuments.CreatedKey), out DateTimeOffset time) ? time : null,
                Description = blob.Annotations.GetValueOrDefault(CacheDocuments.DescriptionKey),
            }
            : null;

    private async Task ReadImagesAsync(ImageManifest? manifest, ImageIndex? index, List<ImportedKey> keys, int nesting, CancellationToken cancellationToken)
    {
        if (manifest is not null)
        {
            keys.AddRange(await ReadImageAsync(manifest, keys.Count, cancellationToken));
            return;
        }

        foreach (Descriptor entry in index!.Manifests.Where(static one => MediaTypes.IsManifest(one.MediaType) || MediaTypes.IsIndex(one.MediaType)))
        {
            if (nesting > 0)
            {
                (_, ImageManifest? inner, ImageIndex? below) = await FetchAsync(entry.Digest, cancellationToken);
                await ReadImagesAsync(inner, below, keys, nesting - 1, cancellationToken);
            }
        }
    }

    private async Task<IReadOnlyList<ImportedKey>> ReadImageAsync(ImageManifest manifest, int first, CancellationToken cancellationToken)
    {
        if (!MediaTypes.IsConfig(manifest.Config.MediaType) || manifest.Layers.Count == 0)
        {
            return [];
        }

        byte[] bytes = await BytesAsync(manifest.Config, cancellationToken);
        ImageConfig config = ImageConfig.Read(bytes);
        if (InlineOf(bytes) is not { } document || config.DiffIds is not { } diffIds || diffIds.Count != manifest.Layers.Count)
        {
            return [];
        }

        CacheConfigLayer[] layers = [.. manifest.Layers.Select(static (layer, i) => new CacheConfigLayer(layer.Digest, i - 1))];
        CacheConfig read = CacheConfigReader.ReadRecords(document, layers, content.Subject);
        ImageHistory[] history = [.. config.History.Where(static entry => !entry.EmptyLayer)];
        ImageLayer[] described =
        [
            .. manifest.Layers.Select((layer, i) => new ImageLayer(layer, diffIds[i], content.Source)
            {
                Created = history.Length == diffIds.Count ? history[i].Created : null,
                Description = history.Length == diffIds.Count ? history[i].CreatedBy : null,
            }),
        ];
        return ImportedKeys.Of(read, layer => described[Array.IndexOf(layers, layer)], first);
    }

    private static byte[]? InlineOf(byte[] config)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(config);
            return document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.TryGetProperty(InlineCache.ConfigKey, out JsonElement value) && value.ValueKind == JsonValueKind.String
                && value.TryGetBytesFromBase64(out byte[]? bytes)
                    ? bytes
                    : null;
        }
        catch (JsonException)
        {
            return null;   // not an image's config
        }
    }

    private async Task<(string Type, ImageManifest? Manifest, ImageIndex? Index)> FetchAsync(Digest? digest, CancellationToken cancellationToken)
    {
        FetchedManifest fetched = await content.FetchManifestAsync(digest, cancellationToken);
        Check(fetched.Digest, fetched.Bytes.Length);
        (ImageManifest? manifest, ImageIndex? index) = ImageDocument.Read(fetched.Bytes, fetched.MediaType, content.Subject);
        return (manifest?.MediaType ?? index!.MediaType, manifest, index);
    }

    private async Task<byte[]> BytesAsync(Descriptor blob, CancellationToken cancellationToken)
    {
        Check(blob.Digest, blob.Size);
        byte[] bytes = new byte[blob.Size];
        await using Stream stream = await content.OpenBlobAsync(blob, cancellationToken);
        int read = await stream.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken);
        return read == bytes.Length && Digest.Sha256(bytes) == blob.Digest
            ? bytes
            : throw new BuildException(ErrorKind.Environment, "read cache", $"{content.Subject}@{blob.Digest}", "its bytes do not have this digest");
    }

    private void Check(Digest digest, long size)
    {
        if (size > MostBytes)
        {
            throw new BuildException(
                ErrorKind.Input, "read cache", content.Subject,
                string.Create(CultureInfo.InvariantCulture, $"blob {digest} is too large ({size} > {MostBytes})"));
        }
    }
}
