using Cairn.Cache.Blobs;
using Cairn.Llb;
using Cairn.Solver.Registry;

namespace Cairn.Solver.Images;

/// <summary>Finds manifest and config of an image. Documents that the store has are not fetched again.</summary>
internal sealed class ImageLookup(IImageContent content, BlobStore blobs)
{
    private const int MaxIndexDepth = 4;
    private const long MaxConfigBytes = 16 * 1024 * 1024;

    /// <summary>The digest that the reference stands for now.</summary>
    /// <exception cref="BuildException">The image is not there or may not be read.</exception>
    public async Task<Digest> RootAsync(CancellationToken cancellationToken)
    {
        if (await content.TryResolveAsync(cancellationToken) is { } digest)
        {
            return digest;
        }

        FetchedManifest manifest = await content.FetchManifestAsync(null, cancellationToken);
        Keep(manifest.Bytes, manifest.Digest);
        return manifest.Digest;
    }

    /// <summary>The image for a platform; <c>root</c> is from <see cref="RootAsync"/>.</summary>
    /// <exception cref="BuildException">It has no image for the platform, or its documents are not in order.</exception>
    public async Task<ResolvedImage> ResolveAsync(Digest root, Platform platform, CancellationToken cancellationToken)
    {
        Digest at = root;
        for (int depth = 0; depth < MaxIndexDepth; depth++)
        {
            (string mediaType, ReadOnlyMemory<byte> bytes) = await ManifestAsync(at, cancellationToken);
            (ImageManifest? manifest, ImageIndex? index) = ImageDocument.Read(bytes, mediaType, content.Subject);
            if (manifest is not null)
            {
                byte[] config = await ConfigAsync(manifest.Config, cancellationToken);
                return new ResolvedImage(root, manifest, ImageConfig.Read(config), config);
            }

            at = index!.Select(platform)?.Digest ?? throw new BuildException(
                ErrorKind.Input, "resolve image", content.Subject, $"no match for platform {platform} in manifest: not found",
                $"It is offered for {index.Offer}.");
        }

        throw new BuildException(ErrorKind.Input, "resolve image", content.Subject, $"its indexes are nested more than {MaxIndexDepth} deep");
    }

    private async Task<(string MediaType, ReadOnlyMemory<byte> Bytes)> ManifestAsync(Digest digest, CancellationToken cancellationToken)
    {
        if (await TryReadAsync(digest, MaxConfigBytes, cancellationToken) is { } stored)
        {
            return ("", stored);
        }

        FetchedManifest manifest = await content.FetchManifestAsync(digest, cancellationToken);
        Keep(manifest.Bytes, digest);
        return (manifest.MediaType, manifest.Bytes);
    }

    private async Task<byte[]> ConfigAsync(Descriptor config, CancellationToken cancellationToken)
    {
        if (await TryReadAsync(config.Digest, config.Size, cancellationToken) is { } stored)
        {
            return stored;
        }

        if (config.Size > MaxConfigBytes)
        {
            throw Damaged(config, $"it has {config.Size} bytes, more than {MaxConfigBytes}");
        }

        byte[] bytes = new byte[config.Size];
        await using Stream stream = await content.OpenBlobAsync(config, cancellationToken);
        int read = await stream.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken);
        if (read < bytes.Length)
        {
            throw Damaged(config, $"it ends after {read} of {bytes.Length} bytes");
        }

        Digest actual = Digest.Sha256(bytes);
        if (config.Digest != actual && config.Digest.Algorithm == Digest.Sha256Algorithm)
        {
            throw Damaged(config, $"its bytes have the digest {actual}");
        }

        Keep(bytes, config.Digest);
        return bytes;
    }

    private async Task<byte[]?> TryReadAsync(Digest digest, long limit, CancellationToken cancellationToken)
    {
        await using Stream? stream = blobs.OpenRead(digest);
        if (stream is null || stream.Length > limit)
        {
            return null;
        }

        byte[] bytes = new byte[stream.Length];
        await stream.ReadExactlyAsync(bytes, cancellationToken);
        return bytes;
    }

    private void Keep(ReadOnlyMemory<byte> bytes, Digest digest)
    {
        if (digest.Algorithm != Digest.Sha256Algorithm)
        {
            return;   // the store checks and names by SHA-256
        }

        using BlobWriter writer = blobs.Create();
        writer.Write(bytes.Span);
        writer.Commit(digest, bytes.Length).Dispose();
    }

    private BuildException Damaged(Descriptor config, string reason) =>
        new(ErrorKind.Environment, "pull image config", $"{content.Subject}: {config.Digest}", reason, "Try again; if it stays, the registry is damaged.");
}
