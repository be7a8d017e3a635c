using Cairn.Cache.Refs;
using Cairn.Llb;
using Cairn.Solver.Images;
using Cairn.Solver.Registry;
using Cairn.Solver.Sessions;

namespace Cairn.Solver.Remote;

/// <summary>What a store of blobs at a client holds under the digest of a manifest.</summary>
internal sealed class ClientStoreContent(ISessionGroup sessions, string store, Digest manifest) : IImageContent
{
    /// <summary>Scheme of sources that are such stores.</summary>
    public const string Scheme = "client-store://";

    private const long MostManifestBytes = 16 * 1024 * 1024;

    public string Subject => $"{store}@{manifest}";

    public BlobSource Source => new(Scheme + store);

    public Task<Digest?> TryResolveAsync(CancellationToken cancellationToken) => Task.FromResult<Digest?>(manifest);

    public async Task<FetchedManifest> FetchManifestAsync(Digest? digest, CancellationToken cancellationToken)
    {
        Digest wanted = digest ?? manifest;
        (IContentStore content, long size) = await FindAsync(sessions, store, wanted, cancellationToken);
        if (size > MostManifestBytes)
        {
            throw new BuildException(ErrorKind.Input, "read manifest", Subject, $"it has {size} bytes, more than {MostManifestBytes}");
        }

        byte[] bytes = new byte[size];
        await using Stream stream = await content.OpenAsync(wanted, 0, cancellationToken);
        int read = await stream.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken);
        return read == size && Digest.Sha256(bytes) == wanted
            ? new FetchedManifest("", wanted, bytes)
            : throw new BuildException(ErrorKind.Input, "read manifest", Subject, "its bytes do not have this digest");
    }

    public Task<Stream> OpenBlobAsync(Descriptor blob, CancellationToken cancellationToken) => OpenAsync(sessions, store, blob.Digest, 0, cancellationToken);

    /// <summary>The bytes of a blob at the first client that has it.</summary>
    /// <exception cref="ClientFaultException">No client has it.</exception>
    public static async Task<Stream> OpenAsync(ISessionGroup sessions, string store, Digest blob, long offset, CancellationToken cancellationToken)
    {
        (IContentStore content, _) = await FindAsync(sessions, store, blob, cancellationToken);
        return await content.OpenAsync(blob, offset, cancellationToken);
    }

    private static async Task<(IContentStore Store, long Size)> FindAsync(
        ISessionGroup sessions, string store, Digest blob, CancellationToken cancellationToken)
    {
        foreach (ISession session in sessions.Sessions)
        {
            if (session.Content(store) is { } content && await content.SizeAsync(blob, cancellationToken) is { } size)
            {
                return (content, size);
            }
        }

        throw new ClientFaultException(ErrorKind.Input, "read blob", $"{store}: {blob}", "not found");
    }
}
