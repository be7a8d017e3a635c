using Cairn.Cache.Refs;
using Cairn.Llb;
using Cairn.Solver.Registry;
using Cairn.Solver.Sessions;

namespace Cairn.Solver.Images;

/// <summary>An image in a layout that a client offers; the reference has a digest.</summary>
internal sealed class LayoutImage(IOciLayout layout, string store, ImageReference reference) : IImageContent
{
    /// <summary>Scheme of sources that are layouts.</summary>
    public const string Scheme = "oci-layout://";

    private const long MaxManifestBytes = 16 * 1024 * 1024;

    public string Subject => reference.ToString();

    public BlobSource Source => new(Scheme + store);

    public Task<Digest?> TryResolveAsync(CancellationToken cancellationToken) => Task.FromResult(reference.Digest);

    public async Task<FetchedManifest> FetchManifestAsync(Digest? digest, CancellationToken cancellationToken)
    {
        Digest wanted = digest ?? reference.Digest!.Value;
        long size = await SizeAsync(wanted, cancellationToken);
        if (size > MaxManifestBytes)
        {
            throw Failure(wanted, $"the manifest has {size} bytes, more than {MaxManifestBytes}");
        }

        byte[] bytes = new byte[size];
        await using Stream stream = await layout.OpenAsync(wanted, 0, cancellationToken);
        int read = await stream.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken);
        return read == size && Digest.Sha256(bytes) == wanted
            ? new FetchedManifest("", wanted, bytes)
            : throw Failure(wanted, "its bytes do not have this digest");
    }

    public async Task<Stream> OpenBlobAsync(Descriptor blob, CancellationToken cancellationToken)
    {
        await SizeAsync(blob.Digest, cancellationToken);
        return await layout.OpenAsync(blob.Digest, 0, cancellationToken);
    }

    private async Task<long> SizeAsync(Digest digest, CancellationToken cancellationToken) =>
        await layout.SizeAsync(digest, cancellationToken) ?? throw Failure(digest, "not found");

    private BuildException Failure(Digest digest, string reason) =>
        new(ErrorKind.Input, "read image layout", $"{store}: {Subject}: {digest}", reason, "Check the directory that was given as the layout.");
}
