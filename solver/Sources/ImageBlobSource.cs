using System.Text.Json.Nodes;
using Cairn.Cache.Refs;
using Cairn.Llb;
using Cairn.Protos.Pb;
using Cairn.Solver.Images;
using Cairn.Solver.Ops;
using Cairn.Solver.Registry;

namespace Cairn.Solver.Sources;

/// <summary><c>docker-image+blob://</c> and <c>oci-layout+blob://</c>: one blob of a repository or layout as a file.</summary>
/// <remarks>Source: llb-semantics.md, section 6.3.</remarks>
internal sealed class ImageBlobSource(RegistryClient registry) : ISource
{
    private const string Layout = "oci-layout+blob";

    public bool Handles(string scheme) => scheme is "docker-image+blob" or Layout;

    public ISourceInstance Open(SourceOp source, Llb.Platform? platform)
    {
        var attributes = new SourceAttributes(source);
        ImageReference reference = OciLayoutSource.ParseReference(attributes.Rest);
        SingleFile file = SingleFile.Read(attributes);
        if (!source.Identifier.StartsWith(Layout + "://", StringComparison.Ordinal))
        {
            return new Instance(reference, file, (context, token) =>
                SessionAccess.Repository(registry, reference, context.Sessions, context.Progress).OpenWholeBlobAsync(reference.Digest!.Value, token));
        }

        string store = OciLayoutSource.StoreName(attributes.Text("oci.store") ?? throw attributes.Invalid("oci.store", "it is missing"));
        return new Instance(reference, file, (context, token) =>
            OciLayoutSource.Find(context.Sessions, attributes.Text("oci.session"), store).OpenAsync(reference.Digest!.Value, 0, token));
    }

    private sealed class Instance(ImageReference reference, SingleFile file, Func<OpContext, CancellationToken, Task<Stream>> open) : ISourceInstance
    {
        private Digest Blob => reference.Digest!.Value;

        private string Name => file.Name ?? Blob.Hex;

        public Task<SourceKey> KeyAsync(OpContext context, int index, CancellationToken cancellationToken)
        {
            var key = new JsonObject
            {
                ["Digest"] = Blob.ToString(),
                ["Filename"] = Name,
                ["Perm"] = file.Mode ?? 0,
                ["UID"] = file.Uid ?? 0,
                ["GID"] = file.Gid ?? 0,
            };
            return Task.FromResult(new SourceKey(Digest.Sha256(ImageJson.Compact(key)).ToString(), Blob.ToString(), HasMore: false));
        }

        public async Task<ImmutableRef?> SnapshotAsync(OpContext context, CancellationToken cancellationToken)
        {
            if (context.Cache.Blobs.OpenRead(Blob) is not { } content)
            {
                await using Stream source = await open(context, cancellationToken);
                using Cache.Blobs.BlobWriter writer = context.Cache.Blobs.Create();
                await source.CopyToAsync(writer, cancellationToken);
                using Cache.Blobs.BlobClaim claim = writer.Commit(Blob, null);
                content = context.Cache.Blobs.OpenRead(Blob)!;
            }

            await using (content)
            {
                return await file.MakeAsync(context, Name, content, DateTimeOffset.UnixEpoch, "blob " + reference, cancellationToken);
            }
        }
    }
}
