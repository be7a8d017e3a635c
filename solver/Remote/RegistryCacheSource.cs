using Cairn.Llb;
using Cairn.Solver.Images;
using Cairn.Solver.Keys;
using Cairn.Solver.Progress;
using Cairn.Solver.Registry;
using Cairn.Solver.Sessions;
using Cairn.Solver.Sources;

namespace Cairn.Solver.Remote;

/// <summary>A cache, or an image that carries one, under a name in a registry.</summary>
internal sealed class RegistryCacheSource(RegistryClient registry, string given, ImageReference reference, bool isInsecure) : ICacheSource
{
    public string Id => given;

    public Task<IReadOnlyList<ImportedKey>> LoadAsync(
        ISessionGroup sessions, SolverServices services, IVertexProgress progress, CancellationToken cancellationToken)
    {
        RegistryAccess access = SessionAccess.Access(sessions, progress) with { Insecure = isInsecure };
        var image = new RegistryImage(registry.Repository(reference.Registry, reference.Repository, access), reference) { IsInsecure = isInsecure };
        return new CacheReader(image, progress).ReadAsync(cancellationToken);
    }
}
