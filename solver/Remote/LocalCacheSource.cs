using Cairn.Llb;
using Cairn.Solver.Keys;
using Cairn.Solver.Progress;
using Cairn.Solver.Sessions;

namespace Cairn.Solver.Remote;

/// <summary>A cache in a directory of the client.</summary>
internal sealed class LocalCacheSource(string id, string store, Digest manifest) : ICacheSource
{
    public string Id => id;

    public Task<IReadOnlyList<ImportedKey>> LoadAsync(
        ISessionGroup sessions, SolverServices services, IVertexProgress progress, CancellationToken cancellationToken) =>
        new CacheReader(new ClientStoreContent(sessions, store, manifest), progress).ReadAsync(cancellationToken);
}
