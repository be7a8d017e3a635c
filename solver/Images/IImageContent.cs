using Cairn.Cache.Refs;
using Cairn.Llb;
using Cairn.Solver.Registry;

namespace Cairn.Solver.Images;

/// <summary>One image by its reference, at the place that has it: a registry or a client's layout.</summary>
internal interface IImageContent
{
    /// <summary>The reference, for messages.</summary>
    string Subject { get; }

    /// <summary>Where the cache finds the image's blobs later.</summary>
    BlobSource Source { get; }

    /// <summary>What the reference names; null if that is only known by fetching it.</summary>
    Task<Digest?> TryResolveAsync(CancellationToken cancellationToken);

    /// <summary>Fetches a manifest or index of this image; without a digest the one that the reference names.</summary>
    Task<FetchedManifest> FetchManifestAsync(Digest? digest, CancellationToken cancellationToken);

    /// <summary>Opens a blob; the bytes are for the reader to check.</summary>
    Task<Stream> OpenBlobAsync(Descriptor blob, CancellationToken cancellationToken);
}
