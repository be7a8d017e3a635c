using Cairn.Cache;
using Cairn.Llb;
using Cairn.Solver.Images;
using Cairn.Solver.Progress;
using Cairn.Solver.Registry;
using Cairn.Solver.Sessions;

namespace Cairn.Solver.Sources;

/// <summary>Finds configs of images for frontends.</summary>
internal sealed class ImageResolver(RegistryClient registry) : IImageResolver
{
    public async Task<ResolvedImageConfig> ResolveAsync(
        ImageConfigRequest request, ISessionGroup sessions, BuildCache cache, IVertexProgress progress, CancellationToken cancellationToken)
    {
        IImageContent content = Open(request, sessions, progress);
        var lookup = new ImageLookup(content, cache.Blobs);
        Digest root = await lookup.RootAsync(cancellationToken);
        ResolvedImage image = await lookup.ResolveAsync(root, request.Platform ?? Platform.Default, cancellationToken);
        return new ResolvedImageConfig(request.Reference, root, image.ConfigBytes);
    }

    private IImageContent Open(ImageConfigRequest request, ISessionGroup sessions, IVertexProgress progress)
    {
        if (request.LayoutStore is { } store)
        {
            string name = OciLayoutSource.StoreName(store);
            return new LayoutImage(OciLayoutSource.Find(sessions, request.LayoutSession, name), name, OciLayoutSource.ParseReference(request.Reference));
        }

        ImageReference reference = ImageReference.ParseComplete(request.Reference);
        return new RegistryImage(SessionAccess.Repository(registry, reference, sessions, progress), reference);
    }
}
