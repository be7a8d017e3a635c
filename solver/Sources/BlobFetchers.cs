using Cairn.Cache.Refs;
using Cairn.Llb;
using Cairn.Solver.Images;
using Cairn.Solver.Registry;
using Cairn.Solver.Remote;
using Cairn.Solver.Sessions;

namespace Cairn.Solver.Sources;

/// <summary>Fetches lazy blobs from registries and layouts.</summary>
internal sealed class BlobFetchers(RegistryClient registry) : IBlobFetchers
{
    public IBlobFetcher For(ISessionGroup sessions) => new Fetcher(registry, sessions);

    private sealed class Fetcher(RegistryClient registry, ISessionGroup sessions) : IBlobFetcher
    {
        public async Task<Stream> OpenAsync(Descriptor blob, BlobSource source, long offset, CancellationToken cancellationToken)
        {
            bool isInsecure = source.Value.StartsWith(RegistryImage.InsecureScheme, StringComparison.Ordinal);
            if (isInsecure || source.Value.StartsWith(RegistryImage.Scheme, StringComparison.Ordinal))
            {
                string name = source.Value[(isInsecure ? RegistryImage.InsecureScheme : RegistryImage.Scheme).Length..];
                int slash = name.IndexOf('/', StringComparison.Ordinal);
                RegistryAccess access = SessionAccess.Access(sessions, null) with { Insecure = isInsecure };
                return await registry.Repository(name[..slash], name[(slash + 1)..], access).OpenBlobAsync(blob, offset, cancellationToken);
            }

            if (source.Value.StartsWith(ClientStoreContent.Scheme, StringComparison.Ordinal))
            {
                return await ClientStoreContent.OpenAsync(sessions, source.Value[ClientStoreContent.Scheme.Length..], blob.Digest, offset, cancellationToken);
            }

            if (source.Value.StartsWith(LayoutImage.Scheme, StringComparison.Ordinal))
            {
                IOciLayout layout = OciLayoutSource.Find(sessions, null, source.Value[LayoutImage.Scheme.Length..]);
                return await layout.SizeAsync(blob.Digest, cancellationToken) is null
                    ? throw new ClientFaultException(ErrorKind.Input, "read image layout", $"{source}: {blob.Digest}", "not found")
                    : await layout.OpenAsync(blob.Digest, offset, cancellationToken);
            }

            throw new BuildException(ErrorKind.Internal, "fetch blob", blob.Digest.ToString(), $"the source {source} is of no known kind");
        }
    }
}
