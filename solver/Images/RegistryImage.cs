using Cairn.Cache.Refs;
using Cairn.Llb;
using Cairn.Solver.Registry;

namespace Cairn.Solver.Images;

/// <summary>An image in a registry.</summary>
internal sealed class RegistryImage(RegistryRepository repository, ImageReference reference) : IImageContent
{
    /// <summary>Scheme of sources that are registries.</summary>
    public const string Scheme = "docker-image://";

    /// <summary>Scheme of sources that are registries whose certificates are not looked at.</summary>
    public const string InsecureScheme = "docker-image+insecure://";

    /// <summary>The registry may use plain HTTP or an unverified certificate, now and when layers are fetched.</summary>
    public bool IsInsecure { get; init; }

    private string Name => reference.Digest?.ToString() ?? reference.Tag ?? ImageReference.DefaultTag;

    public string Subject => reference.ToString();

    public BlobSource Source => new((IsInsecure ? InsecureScheme : Scheme) + repository.Name);

    public async Task<Digest?> TryResolveAsync(CancellationToken cancellationToken) =>
        reference.Digest ?? (await repository.TryHeadManifestAsync(Name, cancellationToken))?.Digest;

    public Task<FetchedManifest> FetchManifestAsync(Digest? digest, CancellationToken cancellationToken) =>
        repository.GetManifestAsync(digest?.ToString() ?? Name, cancellationToken);

    public Task<Stream> OpenBlobAsync(Descriptor blob, CancellationToken cancellationToken) => repository.OpenBlobAsync(blob, 0, cancellationToken);
}
